import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { MAX_EVENT_TEXT, type AgentEvent } from '../../server/workflows/agents/agent.ts';
import { MIB, ODD, odd, run, texts } from '../server/workflows/agents/acpRuns.ts';
import { killAllWith, parentOf } from '../server/workflows/markedProcesses.ts';
import { tempFolder } from '../support/tempFolder.ts';

// Side by side, for some of them wait most of the time.
describe('an ACP agent that goes wrong', { concurrency: 4 }, () => {
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
    t.after(() => killAllWith(tag));
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
