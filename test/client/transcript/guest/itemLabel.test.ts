import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { Formats } from '../../../../client/transcript/guest/formats.ts';
import { itemLabel } from '../../../../client/transcript/guest/items/itemLabel.ts';
import type { TranscriptStrings } from '../../../../client/transcript/strings.ts';
import type { TranscriptItem } from '../../../../server/protocol/transcript.ts';
import { englishStrings } from '../../../../scripts/host/englishStrings.ts';

describe('the name of an item for those who do not see it', () => {
  let strings: TranscriptStrings;
  before(async () => {
    strings = await englishStrings();
  });

  const base = { id: 'x', position: 0 };
  const call = { ...base, kind: 'tool_call', name: 'bash' } as const;
  const label = (item: TranscriptItem, mayRun = false) =>
    itemLabel({ strings, formats: new Formats('en'), mayRun }, item);

  test('tells who speaks, and when', () => {
    assert.equal(label({ ...base, kind: 'message', role: 'user', text: 'Hello' }), 'You');
    const timestamp = '2026-01-02T10:31:00Z';
    const said = label({ ...base, kind: 'message', role: 'assistant', text: 'Hello', timestamp });
    assert.match(said, /^Assistant, Jan 2, 2026, \d/);
  });

  test('tells how a tool fared', () => {
    const ended = (exitCode: number, isError = false) => ({ output: '', isError, exitCode });
    assert.equal(label(call, true), 'bash, Running');
    assert.equal(label(call), 'bash, No result');
    assert.equal(label({ ...call, result: ended(0) }), 'bash, Succeeded');
    assert.equal(label({ ...call, result: ended(1) }), 'bash, Failed');
    assert.equal(label({ ...call, result: ended(0, true) }), 'bash, Failed');
  });

  test('of a long name reads the beginning, and turns nothing around', () => {
    const name = label({ ...call, name: `a\u202e${'b'.repeat(5000)}` });
    assert.match(name, /^a⟨U\+202E⟩b{50,}…, No result$/);
    assert.ok(name.length < 150);
  });
});
