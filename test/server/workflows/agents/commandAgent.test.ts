import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as z from 'zod';
import type { AgentEvent, AgentRequest, AgentResult } from '../../../../server/workflows/agents/agent.ts';
import { CommandAgent, type CommandAgentSetting } from '../../../../server/workflows/agents/commandAgent.ts';
import { SystemdScopes } from '../../../../server/workflows/agents/limits/systemdScopes.ts';
import { JsonlStream } from '../../../../server/workflows/agents/streams/jsonlStream.ts';
import type { StreamReader } from '../../../../server/workflows/agents/streams/streamReader.ts';
import { TextStream } from '../../../../server/workflows/agents/streams/textStream.ts';
import { endGroup } from '../../../../server/workflows/supervisor/endGroup.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { misbehaving, parentOf, peakMemory, processesWith } from '../markedProcesses.ts';

const MIB = 1024 * 1024;
const STAY = 'sleep 1000000';
// Up at once, where the limit is short.
const shell = (script: string): [string, ...string[]] => ['sh', '-c', script];
const parts = { ownEnv: process.env, scopes: new SystemdScopes(process.env) };
const text = () => new TextStream();
const jsonl = () => new JsonlStream();

interface Options {
  readonly setting?: Partial<CommandAgentSetting>;
  readonly request?: Partial<AgentRequest>;
  readonly graceMs?: number;
  readonly onEvent?: (event: AgentEvent, abort: () => void, agentPid: number) => void | Promise<void>;
}

interface Ran {
  /** Without `outputBytes`, which is below. */
  readonly result: AgentResult;
  readonly outputBytes: number | undefined;
  /** But for what was too much to keep. */
  readonly events: readonly AgentEvent[];
}

/** Runs an agent to its end, and looks that nothing of it is left. */
async function run(
  t: TestContext,
  command: [string, ...string[]],
  newReader: () => StreamReader,
  { setting = {}, request = {}, graceMs = 100, onEvent }: Options = {},
): Promise<Ran> {
  const marker = randomUUID();
  t.after(() => endGroup({ marker }, { graceMs: 0 }));
  const agent = new CommandAgent({ command, ...setting }, newReader, {
    ...parts,
    graceMs,
  });
  const abort = new AbortController();
  const events: AgentEvent[] = [];
  let pid = 0;
  try {
    const { outputBytes, ...result } = await agent.run(
      {
        prompt: 'Do it.',
        cwd: tmpdir(),
        env: {},
        timeoutMs: 60_000,
        maxOutputBytes: 1024 * MIB,
        marker,
        ...request,
      },
      {
        started: (group) => {
          assert.equal(group.marker, marker);
          pid = group.pid ?? 0;
        },
        event: (event) => {
          if (events.length < 100) events.push(event);
          return onEvent?.(event, () => abort.abort(), pid);
        },
        permission: () => assert.fail('a command cannot ask'),
      },
      abort.signal,
    );
    return { result, outputBytes, events };
  } finally {
    assert.deepEqual(processesWith(marker), []);
  }
}

/** What this process holds on to, in bytes, without what is only waiting to be collected. */
function heldMemory(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const abortWhenReady: Options['onEvent'] = (event, abort) => {
  if (event.type === 'message' && event.text.includes('ready')) abort();
};

describe('a command agent', () => {
  it('gets its prompt by standard input, whole, and what it prints is its answer', async (t) => {
    const prompt = 'für 🦊\n'.repeat(20_000);
    const { result } = await run(t, misbehaving('echo'), text, { request: { prompt } });
    assert.equal(result.outcome, 'success');
    assert.equal(result.truncated, true);
    assert.ok(prompt.trimEnd().endsWith(result.output) && result.output.length > 65_000);
  });

  it('gets its prompt as an argument that no shell has seen', async (t) => {
    const prompt = '$(touch x) "$HOME" $& {prompt}\n`id`';
    const last = await run(t, misbehaving('arguments', '-p'), text, {
      setting: { prompt: 'argument' },
      request: { prompt },
    });
    assert.deepEqual(JSON.parse(last.result.output), ['arguments', '-p', prompt]);
    const within = await run(t, misbehaving('arguments', '--prompt={prompt}', '-q'), text, {
      setting: { prompt: 'argument' },
      request: { prompt },
    });
    assert.deepEqual(JSON.parse(within.result.output), ['arguments', `--prompt=${prompt}`, '-q']);
  });

  it('need not read its prompt', async (t) => {
    const { result } = await run(t, ['true'], text, { request: { prompt: 'x'.repeat(10 * MIB) } });
    assert.equal(result.outcome, 'success');
  });

  it('gets of our environment what the setting names, and nothing else', async (t) => {
    process.env['TEST_SECRET'] = 'secret';
    process.env['TEST_PASSED'] = 'passed';
    t.after(() => {
      delete process.env['TEST_SECRET'];
      delete process.env['TEST_PASSED'];
    });
    const { result } = await run(t, misbehaving('environment'), text, {
      setting: { passEnv: ['TEST_PASSED', 'TEST_UNSET'], env: { A: 'setting' } },
      request: { env: { B: 'step' } },
    });
    const got = Object.keys(z.record(z.string(), z.string()).parse(JSON.parse(result.output)));
    const named = ['A', 'B', 'TEST_PASSED', 'TEST_SECRET', 'TEST_UNSET'];
    assert.deepEqual(
      named.filter((name) => got.includes(name)),
      ['A', 'B', 'TEST_PASSED'],
    );
    assert.match(result.output, /"B":"step"/);
  });
});

describe('the program of a command agent', () => {
  /** A folder to work in, with a program of its own. */
  async function workspace(t: TestContext): Promise<string> {
    const folder = await tempFolder(t);
    await mkdir(join(folder, 'bin'));
    for (const path of [join(folder, 'node'), join(folder, 'bin', 'node')]) {
      await writeFile(path, '#!/bin/sh\necho TAKEN\n');
      await chmod(path, 0o755);
    }
    return folder;
  }

  it('is not for its step to choose, and what the step says of it is told', async (t) => {
    const cwd = await workspace(t);
    const { result, events } = await run(t, ['node', '-p', 'process.env.PATH'], text, {
      request: { cwd, env: { PATH: `${cwd}/bin:${process.env['PATH']}`, LD_PRELOAD: '/x.so' } },
    });
    assert.equal(result.output, process.env['PATH']);
    assert.deepEqual(events[0], {
      type: 'notice',
      text: 'The agent did not get PATH, LD_PRELOAD from its step: that is for its setting in lockstep.agents to say.',
    });
  });

  it('is looked for on the PATH of its setting', async (t) => {
    const cwd = await workspace(t);
    const { result } = await run(t, ['node'], text, { setting: { env: { PATH: `${cwd}/bin:/bin` } } });
    assert.equal(result.output, 'TAKEN');
  });

  it('is not one of the folder that it works in, though PATH has relative entries', async (t) => {
    const cwd = await workspace(t);
    const env = { PATH: `:.:bin::${process.env['PATH']}` };
    const { result } = await run(t, ['node', '-p', '"ours"'], text, { setting: { env }, request: { cwd } });
    assert.equal(result.output, 'ours');
  });

  it('is not a folder of that name', async (t) => {
    const cwd = await workspace(t);
    const { result } = await run(t, ['bin'], text, { setting: { env: { PATH: cwd } } });
    assert.match(result.message ?? '', /no program bin on its PATH\. Install it/);
  });
});

describe('a command agent that prints JSON lines', () => {
  it('has succeeded when its stream says so, whatever its exit code', async (t) => {
    const { result, events } = await run(t, misbehaving('success'), jsonl);
    assert.deepEqual(result, {
      outcome: 'success',
      output: 'All tests pass.',
      usage: { tokens: { total: 12 }, costUsd: 0.5 },
      sessionHandle: 's1',
      exit: { code: 3 },
    });
    assert.deepEqual(
      events.map(({ type }) => type),
      ['message', 'usage', 'notice'],
    );
  });

  it('has failed when it exits with 0 after an error', async (t) => {
    const { result } = await run(t, misbehaving('errorInside'), jsonl);
    assert.deepEqual(result, {
      outcome: 'error',
      message: 'the model answered 400',
      output: 'I begin.',
      exit: { code: 0 },
    });
  });

  it('has failed when its output ends in half a line, which is shown', async (t) => {
    const { result, events } = await run(t, misbehaving('halfLine'), jsonl);
    assert.equal(result.outcome, 'error');
    assert.match(result.message ?? '', /ends in the middle of a line/);
    assert.deepEqual(events.at(-1), { type: 'raw', stream: 'stdout', text: '{"type":"result","outc' });
  });

  it('has failed when it says nothing', async (t) => {
    const { result } = await run(t, ['true'], jsonl);
    assert.equal(result.outcome, 'error');
    assert.match(result.message ?? '', /without a result line/);
  });

  it('may print other things, which are shown as they are', async (t) => {
    const { result, events } = await run(t, misbehaving('noise'), jsonl);
    assert.equal(result.outcome, 'success');
    assert.deepEqual(events.slice(0, 2), [
      { type: 'raw', stream: 'stdout', text: 'npm warn something' },
      { type: 'raw', stream: 'stdout', text: '{"type":"from a later version"}' },
    ]);
  });

  it('may write its characters in pieces', async (t) => {
    const { events } = await run(t, misbehaving('halfCharacter'), jsonl);
    assert.deepEqual(events[0], { type: 'message', role: 'assistant', text: 'für 🦊' });
  });

  it('has succeeded when it says so and then stays, until it is ended at its limit', async (t) => {
    const { result } = await run(
      t,
      shell(`echo '{"type":"result","outcome":"success","output":"DONE"}'; exec ${STAY}`),
      jsonl,
      {
        request: { timeoutMs: 500 },
      },
    );
    assert.equal(result.outcome, 'success');
    assert.equal(result.output, 'DONE');
    assert.match(
      result.message ?? '',
      /ran longer than 500 ms, and was ended\. It had said before that it is done/,
    );
  });
});

describe('a command agent that fails', () => {
  it('never ends: ended at its limit, with what it has said', async (t) => {
    const { result } = await run(t, shell(`echo ready; exec ${STAY}`), text, { request: { timeoutMs: 500 } });
    assert.deepEqual(result, {
      outcome: 'timeout',
      message: 'The agent ran longer than 500 ms, and was ended.',
      output: 'ready',
      exit: { signal: 'SIGTERM' },
    });
  });

  it('ignores SIGTERM: killed', async (t) => {
    const { result } = await run(t, misbehaving('ignoresTerm'), text, { onEvent: abortWhenReady });
    assert.equal(result.outcome, 'cancelled');
    assert.deepEqual(result.exit, { signal: 'SIGKILL' });
  });

  it('closes its output early and stays: ended at its limit', async (t) => {
    const { result } = await run(t, shell(`echo before; exec >&-; exec ${STAY}`), text, {
      request: { timeoutMs: 500 },
    });
    assert.equal(result.outcome, 'timeout');
    assert.equal(result.output, 'before');
  });

  it('leaves grandchildren: they are ended, and the answer counts', async (t) => {
    const { result } = await run(t, misbehaving('leavesGrandchildren'), text);
    assert.deepEqual(result, { outcome: 'success', output: 'done', exit: { code: 0 } });
  });

  it('stays with grandchildren: all are ended when the run is', async (t) => {
    const { result } = await run(t, misbehaving('staysWithGrandchildren'), text, { onEvent: abortWhenReady });
    assert.equal(result.outcome, 'cancelled');
    assert.equal(result.message, 'The agent was ended because the run was.');
  });

  it('is lost with the process that watches over it: no failure of its own, and nothing is left', async (t) => {
    const { result } = await run(t, misbehaving('staysWithGrandchildren'), text, {
      onEvent: (_event, _abort, agentPid) => void process.kill(parentOf(agentPid), 'SIGKILL'),
    });
    assert.equal(result.outcome, 'lost');
    assert.match(result.message ?? '', /watches over the agent has ended before it \(SIGKILL\)/);
  });

  it('leaves a process that cannot be found, and that writes on and on: its answer counts', async (t) => {
    const tag = `TAG=${randomUUID()}`;
    t.after(() => {
      for (const pid of processesWith(tag)) process.kill(pid, 'SIGKILL');
    });
    const chat = `env -i PATH="$PATH" ${tag} setsid sh -c 'while :; do echo chat; sleep 0.3; done' &`;
    const { result } = await run(t, shell(`echo answer; ${chat} sleep 0.1`), text);
    assert.equal(result.outcome, 'success');
    assert.match(result.output, /^answer\n/);
    const ended = await run(t, shell(`${chat} echo ready; exec ${STAY}`), text, { onEvent: abortWhenReady });
    assert.equal(ended.result.outcome, 'cancelled');
  });

  it('crashes: says why', async (t) => {
    const { result, events } = await run(t, misbehaving('crashes'), text);
    assert.equal(result.outcome, 'error');
    assert.match(result.message ?? '', /^The agent ended with exit code 1: /);
    const stderr = events.map((event) => (event.type === 'raw' ? event.text : '')).join('');
    assert.match(stderr, /cannot find module brain/);
  });

  it('exits with another code than 0: says which', async (t) => {
    const { result } = await run(t, misbehaving('exits', '7'), text);
    assert.deepEqual(result, {
      outcome: 'error',
      message: 'The agent ended with exit code 7.',
      output: '',
      exit: { code: 7 },
    });
  });

  it('is not there: says what to do', async (t) => {
    const { result } = await run(t, ['no-such-agent'], text);
    assert.equal(result.outcome, 'error');
    assert.match(result.message ?? '', /no program no-such-agent on its PATH\. Install it/);
  });

  it('is not begun once the run is over', async (t) => {
    const agent = new CommandAgent({ command: ['true'] }, text, parts);
    const request = {
      prompt: '',
      cwd: tmpdir(),
      env: {},
      timeoutMs: 1,
      maxOutputBytes: 1,
      marker: randomUUID(),
    };
    const sink = { started: t.mock.fn(), event: t.mock.fn(), permission: () => Promise.resolve(undefined) };
    assert.equal((await agent.run(request, sink, AbortSignal.abort())).outcome, 'cancelled');
    assert.equal(sink.started.mock.callCount(), 0);
  });

  it('is ended, and nothing is left, when what it tells cannot be recorded', async (t) => {
    const failed = new Error('the disk is full');
    const running = run(t, misbehaving('staysWithGrandchildren'), text, {
      onEvent: () => Promise.reject(failed),
    });
    await assert.rejects(running, failed);
  });
});

describe('a command agent that floods', () => {
  it('with 100 MiB: all come through, and neither supervisor nor runner holds them', async (t) => {
    const before = { held: heldMemory(), rss: process.memoryUsage().rss };
    let [supervisor, held, rss, bytes, next] = [0, 0, 0, 0, 0];
    const { result, outputBytes } = await run(t, misbehaving('flood', '100'), text, {
      onEvent: (event, _, agentPid) => {
        bytes += 'text' in event ? event.text.length : 0;
        if (bytes < next) return;
        next = bytes + 10 * MIB;
        supervisor = Math.max(supervisor, peakMemory(parentOf(agentPid)) ?? 0);
        rss = Math.max(rss, process.memoryUsage().rss - before.rss);
        held = Math.max(held, heldMemory() - before.held);
      },
    });
    const [s, r, h] = [supervisor, rss, held].map((size) => `${Math.round(size / MIB)} MiB`);
    t.diagnostic(`supervisor: peak of ${s}; runner: ${h} more held, ${r} more resident`);
    assert.equal(result.outcome, 'success');
    assert.deepEqual([bytes, outputBytes], [100 * MIB, 100 * MIB]);
    assert.equal(result.truncated, true);
    assert.equal(result.output.length, 64 * 1024);
    assert.ok(supervisor > 0 && supervisor < 150 * MIB);
    assert.ok(held < 30 * MIB);
    assert.ok(rss < 300 * MIB);
  });

  it('beyond its limit: ended, with words', async (t) => {
    let bytes = 0;
    const { result } = await run(t, misbehaving('flood', '100'), text, {
      request: { maxOutputBytes: 3 * MIB },
      onEvent: (event) => void (bytes += 'text' in event ? event.text.length : 0),
    });
    assert.equal(result.outcome, 'limit');
    assert.equal(result.message, 'The agent wrote more than its limit of 3 MiB, and was ended.');
    assert.ok(bytes <= 3 * MIB && bytes > 2.9 * MIB);
  });

  it('beyond its limit by what is told, and not by what says nothing', async (t) => {
    const silent = { lines: () => [], end: () => ({ outcome: 'success', output: 'DONE' }) as const };
    const { result, outputBytes } = await run(t, misbehaving('flood', '10'), () => silent, {
      request: { maxOutputBytes: 1 },
    });
    assert.deepEqual([result.outcome, outputBytes], ['success', 0]);
  });

  it('beyond its limit with a character in halves: the character is left out', async (t) => {
    const { result, outputBytes, events } = await run(t, shell('printf a🦊'), text, {
      request: { maxOutputBytes: 3 },
    });
    assert.deepEqual([result.outcome, outputBytes], ['limit', 3]);
    assert.deepEqual(events, [{ type: 'message', role: 'assistant', text: 'a' }]);
  });

  it('beyond its limit on standard error: ended, with words', async (t) => {
    const { result } = await run(t, misbehaving('floodsStderr', '100'), text, {
      request: { maxOutputBytes: 3 * MIB },
    });
    assert.equal(result.message, 'The agent wrote more than its limit of 3 MiB, and was ended.');
  });

  it('with one endless line: ended, with words', async (t) => {
    const { result } = await run(t, misbehaving('longLine', '100'), jsonl);
    assert.equal(result.outcome, 'limit');
    assert.equal(result.message, 'The agent wrote a line of more than 8 MiB, and was ended.');
  });

  it('with a line of 7 MiB: comes in pieces that can be kept', async (t) => {
    const { result, events } = await run(t, misbehaving('longLine', '7'), text);
    assert.equal(result.outcome, 'success');
    assert.equal(events.length, 29);
    assert.equal(events.map((event) => ('text' in event ? event.text : '')).join('').length, 7 * MIB + 1);
  });
});
