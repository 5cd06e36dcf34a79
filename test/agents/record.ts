import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CLIS, installedCli } from './clis/installedCli.ts';
import { CASES, record } from './recording.ts';

/*
 * node test/agents/record.ts --cache <folder> [preset…]: records the streams of the real tools into
 * test/server/workflows/agents/streams/recorded/, which presetRecordings.test.ts reads.
 */

const { values, positionals } = parseArgs({
  options: { cache: { type: 'string', default: join(tmpdir(), 'lockstep-agents') } },
  allowPositionals: true,
});
const RECORDED = new URL('../server/workflows/agents/streams/recorded/', import.meta.url);

for (const cli of CLIS.filter(({ preset }) => positionals.length === 0 || positionals.includes(preset))) {
  const path = await installedCli(values.cache, cli);
  const into = new URL(`${cli.preset}/`, RECORDED);
  await mkdir(into, { recursive: true });
  const exits: Record<string, object> = {};
  for (const which of CASES) {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-record-'));
    const { stdout, stderr, code, signal } = await record(cli, path, which, folder);
    await writeFile(new URL(`${which}.jsonl`, into), stdout);
    exits[which] = { code, signal };
    process.stdout.write(`${cli.preset} ${which}: ${code ?? signal}, ${stdout.length} characters\n${stderr}`);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
  const about = { package: cli.package, version: cli.version, exits };
  await writeFile(new URL('about.json', into), `${JSON.stringify(about, undefined, 2)}\n`);
}
