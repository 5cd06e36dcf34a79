import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sessionsFork } from '../../../../server/protocol/sessionCopyMethods.ts';
import { sessionsEvents } from '../../../../server/protocol/sessionHistoryMethods.ts';
import { sessionsFind, sessionsGet } from '../../../../server/protocol/sessionQueryMethods.ts';
import { runsGet } from '../../../../server/protocol/workflowMethods.ts';
import { makeRun, planned } from './driveRun.ts';
import { runFolder } from './runFolder.ts';

/** An agent that tells those lines, each as it works. */
function telling(...lines: readonly object[]): object {
  const text = lines.map((line) => JSON.stringify(line)).join('\n');
  const command = [process.execPath, '-e', `console.log(${JSON.stringify(text)})`];
  return { protocol: 'command', command, output: 'jsonl' };
}

const DONE = { type: 'result', outcome: 'success', output: 'done' };
const usage = (more: object) => ({ type: 'usage', ...more });

describe('the session of a step', () => {
  test('shows what its iterations took, the ones that failed too, as its agent told it', async (t) => {
    const place = await runFolder(t, {
      counts: telling(
        usage({ tokens: { total: 90, input: 90 }, model: 'small' }),
        usage({
          tokens: { total: 120, input: 100, output: 15, cacheRead: 5 },
          costUsd: 0.25,
          model: 'large',
        }),
        { type: 'result', outcome: 'error', message: 'no' },
      ),
      sums: telling(usage({ tokens: { total: 7 } }), DONE),
      silent: telling(DONE),
    });
    const { call, folder } = place;
    const step = (id: string, more: object) => planned(folder, id, { agent: id, ...more });
    const { id } = await makeRun(call, folder, [
      step('counts', { retry: { attempts: 1, backoffMs: 1 }, continueOnError: true }),
      step('sums', {}),
      step('silent', {}),
    ]);
    await place.connection.server.drive(id, new AbortController().signal);
    const { sessions } = await call(sessionsFind, { parentId: id });
    const of = (name: string) => sessions.find(({ title }) => title === name);
    const counts = of('counts');
    assert.deepEqual(
      [counts?.tokens, counts?.costUsd, counts?.model],
      [{ input: 200, output: 30, cacheRead: 10, cacheWrite: 0, total: 240 }, 0.5, 'large'],
    );
    const none = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
    assert.deepEqual(of('sums')?.tokens, { ...none, total: 7 });
    const silent = of('silent');
    assert.deepEqual([silent?.tokens, silent?.costUsd], [{ ...none, total: 0 }, undefined]);
    const { tokens, costUsd } = await call(runsGet, { id });
    assert.deepEqual([tokens, costUsd], [247, 0.5]);
    // A fork counts what its history tells.
    const fork = await call(sessionsFork, { id: counts?.id ?? '' });
    assert.deepEqual([fork.tokens, fork.costUsd], [counts?.tokens, counts?.costUsd]);
    const whole = await call(sessionsGet, { id });
    assert.equal(whole.tokens.total, 0, 'what its steps took is told once');
  });

  test('keeps amounts that no model can take at the most that is kept, and no name that is too long', async (t) => {
    const place = await runFolder(t, {
      odd: telling(
        usage({ tokens: { total: 9e15, input: 9e15 }, costUsd: 1e9, model: 'x'.repeat(300) }),
        DONE,
      ),
    });
    const { call, folder } = place;
    const { id } = await makeRun(call, folder, [planned(folder, 'a', { agent: 'odd' })]);
    assert.equal(await place.connection.server.drive(id, new AbortController().signal), 'completed');
    const [session] = (await call(sessionsFind, { parentId: id })).sessions;
    assert.deepEqual(
      [session?.tokens.input, session?.tokens.total, session?.costUsd, session?.model],
      [1e9, 1e9, 1e6, undefined],
    );
    const { events } = await call(sessionsEvents, { id: session?.id ?? '', types: ['agent.usage'] });
    assert.equal(events[0]?.data['model'], 'x'.repeat(300));
  });
});
