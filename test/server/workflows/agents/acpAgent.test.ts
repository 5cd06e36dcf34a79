import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { odd, run, texts } from './acpRuns.ts';

/** Of the package `@agentclientprotocol/sdk` 1.9.0, which ships it. */
const EXAMPLE = fileURLToPath(new URL('./examples/agent.js', import.meta.resolve('acp-example')));

// Side by side, for some of them wait most of the time.
describe('an ACP agent', { concurrency: 4 }, () => {
  describe('with the example agent of the SDK', () => {
    const command = [process.execPath, EXAMPLE] as const;

    it('tells its messages and tool calls, and does what was allowed', async (t) => {
      const { result, events, asked } = await run(t, command, {
        onPermission: async ({ options }) => options.find(({ kind }) => kind === 'allow_once')?.id,
      });
      assert.equal(result.outcome, 'success');
      assert.match(result.output, /successfully updated the configuration/);
      assert.equal(result.message, undefined);
      assert.equal(texts(events, 'message').length, 3);
      assert.deepEqual(
        events.flatMap((event) =>
          event.type === 'toolCall' ? [[event.callId, event.name, event.status]] : [],
        ),
        [
          ['call_1', 'Reading project files', 'begun'],
          ['call_1', 'Reading project files', 'done'],
          ['call_2', 'Modifying critical configuration file', 'begun'],
          ['call_2', 'Modifying critical configuration file', 'done'],
        ],
      );
      assert.deepEqual(
        asked.map(({ title, options }) => [title, options.map(({ id, kind }) => [id, kind])]),
        [
          [
            'Modifying critical configuration file',
            [
              ['allow', 'allow_once'],
              ['reject', 'reject_once'],
            ],
          ],
        ],
      );
    });

    it('is refused what nobody allowed, and goes on', async (t) => {
      const { result } = await run(t, command, { onPermission: async () => undefined });
      assert.equal(result.outcome, 'success');
      assert.match(result.output, /prefer not to make that change/);
    });

    it('stops when it is cancelled', async (t) => {
      const abort = new AbortController();
      const { result } = await run(t, command, {
        abort,
        onEvent: (event) => {
          if (event.type === 'toolCall') abort.abort();
        },
      });
      assert.equal(result.outcome, 'cancelled');
      // It answered its prompt, and left by itself.
      assert.equal(result.message, 'The agent has stopped because it was cancelled.');
      assert.equal(result.exit?.code, 0);
    });
  });

  describe('that is asked for a permission', () => {
    const YES = { optionId: 'y', name: 'Yes', kind: 'allow_once' };
    const NO = { optionId: 'n', name: 'No', kind: 'reject_once' };
    const NEVER = { optionId: 'never', name: 'Never', kind: 'reject_always' };
    const outcome = async (t: TestContext, options: readonly object[], chosen: string | undefined) => {
      const { result } = await run(t, odd('permission', JSON.stringify(options)), {
        onPermission: async () => chosen,
      });
      return JSON.parse(result.output) as unknown;
    };

    it('hears a refusal by the option that refuses least', async (t) => {
      assert.deepEqual(await outcome(t, [YES, NEVER, NO], undefined), {
        outcome: { outcome: 'selected', optionId: 'n' },
      });
      assert.deepEqual(await outcome(t, [YES, NEVER], undefined), {
        outcome: { outcome: 'selected', optionId: 'never' },
      });
    });

    it('hears that it is cancelled where no option refuses', async (t) => {
      assert.deepEqual(await outcome(t, [YES], undefined), { outcome: { outcome: 'cancelled' } });
    });

    it('takes an answer that is none of its options for a refusal', async (t) => {
      assert.deepEqual(await outcome(t, [YES, NO], 'everything'), {
        outcome: { outcome: 'selected', optionId: 'n' },
      });
    });

    it('answers an open one as cancelled when the run is cancelled, though nobody answers', async (t) => {
      const abort = new AbortController();
      const { result, asked } = await run(t, odd('permissionThenCancel'), {
        abort,
        onPermission: () => {
          abort.abort();
          return new Promise(() => undefined);
        },
      });
      assert.equal(asked.length, 1);
      assert.equal(result.outcome, 'cancelled');
      assert.deepEqual(JSON.parse(result.output), { outcome: { outcome: 'cancelled' } });
    });

    it('refuses a request that is not understood, and says so', async (t) => {
      const { result, events, asked } = await run(t, odd('badPermission'));
      assert.equal(asked.length, 0);
      assert.equal(result.output, 'code -32602');
      assert.match(texts(events, 'notice').join(), /not understood/);
    });
  });

  describe('and what it says of itself', () => {
    it('makes an outcome of each reason to stop', async (t) => {
      const reasons = ['end_turn', 'max_tokens', 'max_turn_requests', 'refusal', 'cancelled', 'boredom'];
      const outcomes = await Promise.all(
        reasons.map(async (reason) => [reason, (await run(t, odd('stop', reason))).result.outcome] as const),
      );
      assert.deepEqual(Object.fromEntries(outcomes), {
        end_turn: 'success',
        max_tokens: 'limit',
        max_turn_requests: 'limit',
        refusal: 'error',
        cancelled: 'cancelled',
        boredom: 'error',
      });
    });

    it('gives the usage as totals, of which the answer to the prompt is the best', async (t) => {
      const { result, events } = await run(t, odd('usage'));
      assert.deepEqual(
        events
          .filter((event) => event.type === 'usage')
          .map(({ tokens, costUsd }) => [tokens?.total, costUsd]),
        [
          [1_000, 0.25],
          [1_000, 0.5],
          [5_000, 0.5],
        ],
      );
      assert.equal(result.usage?.tokens?.cacheRead, 400);
    });

    it('takes no other money for dollars', async (t) => {
      const { result, events } = await run(t, odd('euros'));
      assert.equal(result.usage?.costUsd, undefined);
      assert.match(texts(events, 'notice').join(), /EUR/);
    });

    it('puts words together to messages, and keeps the last as the answer', async (t) => {
      const { result, events } = await run(t, odd('words'));
      assert.deepEqual(texts(events, 'message'), ['I look first.', 'DONE\nwell']);
      assert.equal(result.output, 'DONE\nwell');
    });

    it('tells of a version and of a login that it cannot go on with', async (t) => {
      const other = (await run(t, odd('otherVersion'))).result;
      assert.match(`${other.outcome} ${other.message}`, /^error .*version 7/);
      const auth = (await run(t, odd('auth'))).result;
      assert.match(`${auth.outcome} ${auth.message}`, /^error .*no key.*passEnv/);
      const bad = (await run(t, odd('badSession'))).result;
      assert.match(`${bad.outcome} ${bad.message}`, /^error .*does not know/);
    });
  });

  describe('that goes on with an earlier session', () => {
    it('loads it, and tells its history and its cost not again', async (t) => {
      const { result, events } = await run(t, odd('load'), { request: { sessionHandle: 'old' } });
      assert.deepEqual(texts(events, 'message'), ['the new answer']);
      assert.equal(result.usage?.costUsd, 1);
      assert.equal(result.sessionHandle, 'old');
    });

    it('resumes it where the agent can', async (t) => {
      const { result } = await run(t, odd('resume'), { request: { sessionHandle: 'old' } });
      assert.equal(result.sessionHandle, 'old');
    });

    it('begins a new one, and says so, where it cannot', async (t) => {
      for (const behaviour of ['loadFails', 'words']) {
        const { result, events } = await run(t, odd(behaviour), { request: { sessionHandle: 'old' } });
        assert.equal(result.outcome, 'success');
        assert.match(texts(events, 'notice').join(), /a new one was begun/);
        assert.equal(result.sessionHandle, behaviour === 'words' ? undefined : 's1');
      }
    });
  });
});
