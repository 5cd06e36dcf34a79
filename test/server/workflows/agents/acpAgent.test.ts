import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AcpAgent } from '../../../../server/workflows/agents/acpAgent.ts';
import {
  MAX_EVENT_TEXT,
  type AgentEvent,
  type AgentRequest,
  type AgentResult,
  type PermissionRequest,
} from '../../../../server/workflows/agents/agent.ts';
import { SystemdScopes } from '../../../../server/workflows/agents/limits/systemdScopes.ts';
import { endGroup } from '../../../../server/workflows/supervisor/endGroup.ts';
import type { ProcessGroup } from '../../../../server/workflows/supervisor/processGroup.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { parentOf, processesWith } from '../markedProcesses.ts';

const MIB = 1024 * 1024;
const parts = { ownEnv: process.env, scopes: new SystemdScopes(process.env) };
/** Of the package `@agentclientprotocol/sdk` 1.9.0, which ships it. */
const EXAMPLE = fileURLToPath(new URL('./examples/agent.js', import.meta.resolve('acp-example')));
const ODD = join(import.meta.dirname, 'oddAcpAgent.ts');
const odd = (...args: string[]): [string, ...string[]] => [process.execPath, ODD, ...args];

interface Options {
  readonly request?: Partial<AgentRequest>;
  readonly graceMs?: number;
  readonly abort?: AbortController;
  readonly onStarted?: (group: ProcessGroup) => void;
  readonly onEvent?: (event: AgentEvent) => void | Promise<void>;
  readonly onPermission?: (request: PermissionRequest) => Promise<string | undefined>;
}

interface Ran {
  readonly result: AgentResult;
  /** But for what was too much to keep. */
  readonly events: readonly AgentEvent[];
  readonly asked: readonly PermissionRequest[];
}

/** Runs an agent to its end, and looks that nothing of it is left, and that it told one thing at a time. */
async function run(
  t: TestContext,
  command: readonly [string, ...string[]],
  { request = {}, graceMs, abort = new AbortController(), onStarted, onEvent, onPermission }: Options = {},
): Promise<Ran> {
  const marker = randomUUID();
  t.after(() => endGroup({ marker }, { graceMs: 0 }));
  const agent = new AcpAgent({ command }, { ...parts, ...(graceMs === undefined ? {} : { graceMs }) });
  const events: AgentEvent[] = [];
  const asked: PermissionRequest[] = [];
  let isBusy = false;
  try {
    const result = await agent.run(
      {
        prompt: 'Do it.',
        cwd: tmpdir(),
        env: {},
        timeoutMs: 60_000,
        maxOutputBytes: 64 * MIB,
        marker,
        ...request,
      },
      {
        started: (group) => {
          assert.equal(group.marker, marker);
          onStarted?.(group);
        },
        event: async (event) => {
          assert.equal(isBusy, false);
          isBusy = true;
          if (events.length < 100) events.push(event);
          await onEvent?.(event);
          isBusy = false;
        },
        permission: async (question) => {
          assert.equal(isBusy, false);
          asked.push(question);
          return onPermission?.(question);
        },
      },
      abort.signal,
    );
    return { result, events, asked };
  } finally {
    assert.deepEqual(processesWith(marker), []);
  }
}

const texts = (events: readonly AgentEvent[], type: AgentEvent['type']) =>
  events.flatMap((event) => (event.type === type && 'text' in event ? [event.text] : []));

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

  describe('that goes wrong', () => {
    it('is an error with its last words when it dies in the middle', async (t) => {
      const { result, events } = await run(t, odd('dies'));
      assert.equal(result.outcome, 'error');
      assert.match(result.message ?? '', /exit code 3[^]*one line\nthe model is gone/);
      assert.equal(result.output, 'I begin');
      assert.deepEqual(texts(events, 'message'), ['I begin']);
      assert.equal(result.exit?.code, 3);
    });

    it('is an error that says why when it cannot be started', async (t) => {
      const { result } = await run(t, ['/no/such/agent']);
      assert.equal(result.outcome, 'error');
      assert.match(result.message ?? '', /\/no\/such\/agent does not exist/);
    });

    it('is looked for on our PATH, which its step cannot set', async (t) => {
      const folder = await tempFolder(t);
      await writeFile(join(folder, 'node'), '#!/bin/sh\necho taken\n', { mode: 0o755 });
      const { result, events } = await run(t, ['node', ODD, 'garbage'], {
        request: { env: { PATH: folder } },
      });
      assert.equal(result.output, 'still here');
      assert.match(texts(events, 'notice').join(), /did not get PATH from its step/);
      const missing = await run(t, ['no-such-agent']);
      assert.equal(missing.result.outcome, 'error');
      assert.match(missing.result.message ?? '', /no program no-such-agent on its PATH\. Install it/);
    });

    it('is lost with the process that watches over it: no failure of its own', async (t) => {
      const { result } = await run(t, odd('neverAnswers'), {
        graceMs: 100,
        onStarted: ({ pid }) => void process.kill(parentOf(pid ?? 0), 'SIGKILL'),
      });
      assert.equal(result.outcome, 'lost');
      assert.match(result.message ?? '', /^The process that watches over the agent has ended before it/);
    });

    it('runs into its time though a process that cannot be found writes on and on', async (t) => {
      const tag = `TAG=${randomUUID()}`;
      t.after(() => {
        for (const pid of processesWith(tag)) process.kill(pid, 'SIGKILL');
      });
      const chat = `env -i PATH="$PATH" ${tag} setsid sh -c 'while :; do echo chat; sleep 0.3; done' & exec "$@"`;
      const command = ['sh', '-c', chat, 'sh', ...odd('neverAnswers')] as const;
      const { result } = await run(t, command, { request: { timeoutMs: 500 }, graceMs: 100 });
      assert.equal(result.outcome, 'timeout');
    });

    it('has what is no message shown as it is, and is heard out', async (t) => {
      const { result, events } = await run(t, odd('garbage'));
      assert.equal(result.outcome, 'success');
      assert.equal(result.output, 'still here');
      assert.equal(texts(events, 'raw').length, 8);
    });

    it('has unknown updates and methods noted, and is refused our files', async (t) => {
      const { result, events } = await run(t, odd('unknown'));
      assert.equal(result.output, 'code -32601');
      const notices = texts(events, 'notice').join('\n');
      for (const word of ['dream', 'tool_call', '_vendor/thing', 'fs/read_text_file'])
        assert.ok(notices.includes(word), word);
    });

    it('is ended at its limit of output', async (t) => {
      const { result } = await run(t, odd('floods'), { request: { maxOutputBytes: MIB }, graceMs: 100 });
      assert.equal(result.outcome, 'limit');
      assert.match(result.message ?? '', /more than its limit of 1 MiB/);
      assert.equal(result.truncated, true);
    });

    it('is ended at a line without an end', async (t) => {
      const { result } = await run(t, odd('longLine'), { graceMs: 100 });
      assert.equal(result.outcome, 'limit');
      assert.match(result.message ?? '', /a line of more than 8 MiB/);
    });

    it('runs into its time when it never answers', async (t) => {
      const { result } = await run(t, odd('neverAnswers'), { request: { timeoutMs: 300 }, graceMs: 100 });
      assert.equal(result.outcome, 'timeout');
      assert.match(result.message ?? '', /longer than 300 ms/);
    });

    it('is ended when it does not heed a cancel', async (t) => {
      const abort = new AbortController();
      // Its words are told when the message is through: at the tool call.
      const onEvent = (event: AgentEvent) => {
        if (event.type === 'toolCall') abort.abort();
      };
      const { result } = await run(t, odd('silent'), { abort, graceMs: 100, onEvent });
      assert.equal(result.outcome, 'cancelled');
      assert.notEqual(result.exit?.signal, undefined);
    });

    it('is ended at once when it is cancelled before it has its prompt', async (t) => {
      const abort = new AbortController();
      const { result } = await run(t, odd('neverAnswers'), { abort, onStarted: () => abort.abort() });
      assert.equal(result.outcome, 'cancelled');
      assert.match(result.message ?? '', /because the run was/);
    });

    it('is not started where the run is cancelled already', async (t) => {
      const abort = new AbortController();
      abort.abort();
      const { result } = await run(t, ['/no/such/agent'], { abort });
      assert.equal(result.outcome, 'cancelled');
    });

    it('is ended when it stays after its answer, which counts', async (t) => {
      const { result } = await run(t, odd('stays'), { graceMs: 100 });
      assert.equal(result.outcome, 'success');
      assert.equal(result.output, 'done');
      assert.equal(result.exit?.signal, 'SIGKILL');
    });

    it('has calls that cannot be kept cut, and said so', async (t) => {
      const { events } = await run(t, odd('deep'));
      const [begun, failed] = events.filter((event) => event.type === 'toolCall');
      assert.match(String(begun?.input), /nested too deeply/);
      assert.equal(failed?.status, 'failed');
      assert.match(String(failed?.output), /more characters were not kept/);
      assert.ok(String(failed?.output).length < MAX_EVENT_TEXT + 100);
    });

    it('ends, and rejects as the sink does, where an event cannot be kept', async (t) => {
      const full = new Error('the disk is full');
      await assert.rejects(
        run(t, odd('dies'), {
          onEvent: () => {
            throw full;
          },
        }),
        full,
      );
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
