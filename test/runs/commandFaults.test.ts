import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { CommandAgent } from '../../server/workflows/agents/commandAgent.ts';
import {
  MIB,
  STAY,
  abortWhenReady,
  jsonl,
  parts,
  run,
  shell,
  text,
} from '../server/workflows/agents/commandRuns.ts';
import { killAllWith, misbehaving, parentOf, peakMemory } from '../server/workflows/markedProcesses.ts';

/** What this process holds on to, in bytes, without what is only waiting to be collected. */
function heldMemory(): number {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

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
    t.after(() => killAllWith(tag));
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
