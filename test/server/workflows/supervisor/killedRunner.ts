import { tmpdir } from 'node:os';
import { superviseProcess } from '../../../../server/workflows/supervisor/supervisedProcess.ts';
import { misbehaving } from '../markedProcesses.ts';

// A runner that is there to be killed: prints the agent's pid once the agent says that it is up.

const agent = superviseProcess({
  argv: misbehaving('staysWithGrandchildren'),
  cwd: tmpdir(),
  env: { PATH: process.env['PATH'] ?? '' },
  timeoutMs: 600_000,
  graceMs: 100,
  marker: process.argv[2] ?? '',
});
const started = await agent.started;
agent.stdout.once('data', () => process.stdout.write(`${started?.pid ?? ''}\n`));
