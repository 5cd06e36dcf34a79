import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { AcpAgent } from '../../../../../server/workflows/agents/acpAgent.ts';
import type { Agent, AgentRequest, AgentResult } from '../../../../../server/workflows/agents/agent.ts';
import { CommandAgent } from '../../../../../server/workflows/agents/commandAgent.ts';
import { SystemdScopes } from '../../../../../server/workflows/agents/limits/systemdScopes.ts';
import { TextStream } from '../../../../../server/workflows/agents/streams/textStream.ts';
import type { ProcessGroup } from '../../../../../server/workflows/supervisor/processGroup.ts';
import { tempFolder } from '../../../../support/tempFolder.ts';
import { standInSystemd } from './standInSystemd.ts';

const MIB = 1024 * 1024;
const ALL = { memoryBytes: 512 * MIB, cpus: 1.5, pids: 100 };
const NOBODY = { memoryBytes: 'nobody', cpus: 'nobody', pids: 'nobody' };

async function run(
  agent: Agent,
  limits: AgentRequest['limits'],
): Promise<{ result: AgentResult; started: ProcessGroup | undefined }> {
  let started: ProcessGroup | undefined;
  const request = {
    prompt: '',
    cwd: tmpdir(),
    env: {},
    timeoutMs: 60_000,
    maxOutputBytes: MIB,
    marker: randomUUID(),
    ...(limits === undefined ? {} : { limits }),
  };
  const result = await agent.run(
    request,
    {
      started: (group) => void (started = group),
      event: () => undefined,
      permission: async () => undefined,
    },
    new AbortController().signal,
  );
  return { result, started };
}

/** An agent that is a line of shell. */
function shell(
  script: string,
  ownEnv: NodeJS.ProcessEnv,
  env: Readonly<Record<string, string>> = {},
): CommandAgent {
  const scopes = new SystemdScopes(ownEnv);
  return new CommandAgent({ command: ['sh', '-c', script], env }, () => new TextStream(), { ownEnv, scopes });
}

describe('limits of agents, with a stand-in for systemd-run', () => {
  it('are enforced as far as the kernel says so of a first scope, which is asked for once', async (t) => {
    const { env, calls } = await standInSystemd(await tempFolder(t), {
      kernel: 'memory.max 1073741824\ncpu.max max 100000\n',
    });
    const scopes = new SystemdScopes(env);
    const expected = { memoryBytes: 'systemd', cpus: 'nobody', pids: 'nobody' };
    assert.deepEqual(await Promise.all([scopes.enforcement(), scopes.enforcement()]), [expected, expected]);
    assert.equal((await calls()).length, 1);
    assert.deepEqual((await scopes.confined(['a'], {}, ALL)).held, { memoryBytes: ALL.memoryBytes });
    assert.deepEqual((await scopes.confined(['a'], {}, { pids: 5 })).argv, ['a']);
  });

  it('are the properties of a scope that becomes the agent: process, group and pipes stay', async (t) => {
    const { env, calls } = await standInSystemd(await tempFolder(t));
    const agent = shell('echo $$ $(ps -o pgid= -p $$) "$1" [$XDG_RUNTIME_DIR]', env);
    const { result, started } = await run(agent, ALL);
    assert.equal(result.output, `${started?.pid} ${started?.pid}  []`);
    const [, [bus, ...args] = []] = await calls();
    assert.equal(bus, 'bus=/run/user/stand-in');
    assert.deepEqual(args.slice(0, args.indexOf('--')), [
      '--user',
      '--scope',
      '--quiet',
      '--collect',
      '--expand-environment=no',
      '-p',
      'MemoryMax=536870912',
      '-p',
      'MemorySwapMax=0',
      '-p',
      'CPUQuota=150%',
      '-p',
      'TasksMax=100',
    ]);
  });

  it('leave the agent what its setting says of the variables that they need themselves', async (t) => {
    const { env, calls } = await standInSystemd(await tempFolder(t));
    const said = { XDG_RUNTIME_DIR: "the setting's" };
    const { result } = await run(shell('echo "$XDG_RUNTIME_DIR"', env, said), ALL);
    assert.equal(result.output, "the setting's");
    assert.equal((await calls()).at(-1)?.[0], 'bus=/run/user/stand-in');
  });

  it('are enforced by a systemd that does not know the later options', async (t) => {
    const { env, calls } = await standInSystemd(await tempFolder(t), { unknown: '--expand-environment=no' });
    const { result } = await run(shell('echo done', env), { pids: 7 });
    assert.equal(result.output, 'done');
    assert.deepEqual((await calls()).at(-1)?.slice(1, 8), [
      '--user',
      '--scope',
      '--quiet',
      '--collect',
      '-p',
      'TasksMax=7',
      '--',
    ]);
  });

  it('hold agents of the Agent Client Protocol too', async (t) => {
    const { env, calls } = await standInSystemd(await tempFolder(t));
    const odd = join(import.meta.dirname, '..', 'oddAcpAgent.ts');
    const scopes = new SystemdScopes(env);
    const agent = new AcpAgent({ command: [process.execPath, odd, 'words'] }, { ownEnv: env, scopes });
    assert.equal((await run(agent, { cpus: 0.001 })).result.output, 'DONE\nwell');
    assert.ok((await calls()).at(-1)?.includes('CPUQuota=1%'));
  });

  it('say that the memory may have been the cause when the agent is killed', async (t) => {
    const { env } = await standInSystemd(await tempFolder(t));
    const { result } = await run(shell('kill -9 $$', env), ALL);
    assert.equal(result.outcome, 'error');
    assert.match(result.message ?? '', /SIGKILL.* more memory than its limit of 512 MiB/);
    const { result: other } = await run(shell('kill -9 $$', env), { cpus: 1 });
    assert.doesNotMatch(other.message ?? '', /memory/);
  });

  it('are nobody’s, and the agent is run all the same, where no scope can be made', async (t) => {
    const { env } = await standInSystemd(await tempFolder(t), { unknown: '--scope' });
    const scopes = new SystemdScopes(env);
    assert.deepEqual(await scopes.enforcement(), NOBODY);
    assert.deepEqual(await scopes.confined(['a', 'b'], { A: 'a' }, ALL), {
      argv: ['a', 'b'],
      env: { A: 'a' },
      held: {},
    });
    assert.equal((await run(shell('echo done', env), ALL)).result.output, 'done');
  });

  it('are nobody’s where there is no systemd-run, or no Linux', async (t) => {
    const folder = await tempFolder(t);
    assert.deepEqual(await new SystemdScopes({ PATH: folder }).enforcement(), NOBODY);
    assert.deepEqual(await new SystemdScopes({}).enforcement(), NOBODY);
    const { env, calls } = await standInSystemd(folder);
    assert.deepEqual(await new SystemdScopes(env, 'darwin').enforcement(), NOBODY);
    assert.deepEqual(await calls(), []);
  });

  it('take no program from a folder that PATH names from the working folder on', async (t) => {
    const folder = await tempFolder(t);
    await standInSystemd(folder);
    assert.deepEqual(
      await new SystemdScopes({ PATH: relative('.', join(folder, 'bin')) }).enforcement(),
      NOBODY,
    );
  });
});

describe('limits of agents, with the systemd of this machine', () => {
  it('end an agent that needs more memory than it may, or are told to be nobody’s', async (t: TestContext) => {
    const { memoryBytes } = await new SystemdScopes(process.env).enforcement();
    t.diagnostic(`memory: ${memoryBytes}`);
    const agent = shell(`${process.execPath} -e 'Buffer.alloc(300 * 2 ** 20, 1)' && echo fits`, process.env);
    const { result } = await run(agent, { memoryBytes: 100 * MIB });
    assert.equal(result.output, memoryBytes === 'systemd' ? '' : 'fits');
  });
});
