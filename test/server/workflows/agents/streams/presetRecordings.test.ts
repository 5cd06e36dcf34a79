import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import * as z from 'zod';
import type { AgentEvent } from '../../../../../server/workflows/agents/agent.ts';
import { PRESET_AGENTS, PRESETS, type Preset } from '../../../../../server/workflows/agents/presets.ts';
import type { StreamOutcome } from '../../../../../server/workflows/agents/streams/streamReader.ts';
import { STREAM_READERS } from '../../../../../server/workflows/agents/streams/streamReaders.ts';

/*
 * Streams that the real tools wrote against a model's endpoint of the project's own: test/agents/record.ts records them.
 * The prompt was to list the files of a folder that holds notes.txt.
 */

const RECORDED = new URL('recorded/', import.meta.url);
const CASES = ['success', 'error', 'limit', 'cancel'] as const;
type Case = (typeof CASES)[number];

const exit = z.object({ code: z.int().nullable(), signal: z.string().nullable() });
const about = z.object({
  version: z.string(),
  exits: z.object({ success: exit, error: exit, limit: exit, cancel: exit }),
});

interface Read {
  readonly events: readonly AgentEvent[];
  readonly end: StreamOutcome;
}

function read(preset: Preset, which: Case): Read {
  const folder = new URL(`${preset}/`, RECORDED);
  const { exits } = about.parse(JSON.parse(readFileSync(new URL('about.json', folder), 'utf8')));
  const lines = readFileSync(new URL(`${which}.jsonl`, folder), 'utf8').split('\n');
  const rest = lines.pop();
  const reader = STREAM_READERS[preset]();
  const events = reader.lines(lines);
  const end = reader.end({ code: exits[which].code ?? undefined, rest: rest === '' ? undefined : rest });
  return { events: [...events, ...(end.events ?? [])], end };
}

const saidBy = ({ events }: Read) =>
  events.flatMap((event) => (event.type === 'message' ? [`${event.role}: ${event.text}`] : []));
const callsOf = ({ events }: Read) =>
  events.flatMap((event) => (event.type === 'toolCall' && event.status !== 'begun' ? [event] : []));

/** How a shell is called, by each of them. */
const SHELL: Readonly<Record<Preset, string>> = {
  claude: 'Bash',
  codex: 'command_execution',
  gemini: 'run_shell_command',
  pi: 'bash',
  opencode: 'bash',
};
/** What two turns cost, by those that tell. */
const COST: Readonly<Partial<Record<Preset, number>>> = { pi: 0.262, opencode: 0.262, claude: 0.001524 };
/** What ends an iteration by a limit: one turn was allowed, or, where they know no such limit, the answer was cut. */
const LIMIT: Readonly<Record<Preset, RegExp>> = {
  claude: /limit of turns/,
  gemini: /max session turns/,
  codex: /max_output_tokens/,
  pi: /answer's length/,
  opencode: /answer's length/,
};

it('a preset is experimental unless all of its streams are recorded', () => {
  for (const preset of PRESETS) {
    const files = CASES.map((which) => new URL(`${preset}/${which}.jsonl`, RECORDED));
    assert.equal(
      !PRESET_AGENTS[preset].experimental,
      files.every((file) => existsSync(file)),
      preset,
    );
  }
});

for (const preset of PRESETS)
  describe(`what ${preset} wrote`, () => {
    it('in the end of its work is its answer, and what it took', () => {
      const ran = read(preset, 'success');
      const { events: _, ...end } = ran.end;
      assert.deepEqual([end.outcome, end.message], ['success', undefined]);
      assert.equal(end.output, 'There is one file: notes.txt.\n\nDONE');
      assert.deepEqual(saidBy(ran), [
        'assistant: I look first.',
        'assistant: There is one file: notes.txt.\n\nDONE',
      ]);
      const [call, ...others] = callsOf(ran);
      assert.deepEqual([call?.name, call?.status, others], [SHELL[preset], 'done', []]);
      assert.match(JSON.stringify(call?.input), /ls\b/);
      assert.match(JSON.stringify(call?.output), /notes\.txt/);
      assert.deepEqual(end.usage?.tokens, {
        input: 180,
        output: 40,
        cacheRead: 20,
        cacheWrite: 0,
        total: 240,
      });
      assert.equal(end.usage.costUsd?.toFixed(6), COST[preset]?.toFixed(6));
      assert.notEqual(end.sessionHandle, undefined);
    });

    it('of an error of its model is an error, with its words', () => {
      const { end } = read(preset, 'error');
      assert.equal(end.outcome, 'error');
      assert.match(end.message ?? '', /^(?:\[?API Error: )?(?:400 )?the model is out of order\]?$/);
    });

    it('at a limit is a limit, which it names', () => {
      const { end } = read(preset, 'limit');
      assert.equal(end.outcome, 'limit');
      assert.match(end.message ?? '', LIMIT[preset]);
      assert.notEqual(end.output, '');
    });

    it('until it was cancelled is shown, and no success', () => {
      const ran = read(preset, 'cancel');
      assert.equal(ran.end.outcome, 'error');
      assert.deepEqual(saidBy(ran), ['assistant: I look first.']);
      assert.equal(callsOf(ran).length, 1);
    });

    it('is understood to the last line', () => {
      for (const which of CASES)
        assert.deepEqual(
          read(preset, which).events.filter(({ type }) => type === 'raw'),
          [],
        );
    });
  });
