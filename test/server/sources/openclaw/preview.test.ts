import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { withoutEnvelope } from '../../../../server/sources/openclaw/envelope.ts';
import { previewItem } from '../../../../server/sources/openclaw/preview.ts';

const item = (role: string, content: string | unknown[], maxChars = 240) =>
  previewItem({ role, content, toolName: undefined }, maxChars);

describe('a message in a preview', () => {
  it('is without its envelope, which names a channel or holds a date and time', () => {
    for (const [text, rest] of [
      ['[Telegram Ana id:1 2026-01-02 10:00 UTC] hello', 'hello'],
      ['[WebChat] hello', 'hello'],
      ['[Ana 2026-01-02T10:00Z] hello', 'hello'],
      ['[Signal lost] is no envelope of ours to tell', 'is no envelope of ours to tell'],
      ['[line 3] stays', '[line 3] stays'],
      ['[Slackers] stay', '[Slackers] stay'],
      ['[2026-01-02] stays', '[2026-01-02] stays'],
      ['[2026-01-02 10:00]', '[2026-01-02 10:00]'],
      ['[Telegram never closed', '[Telegram never closed'],
    ] as const) {
      assert.equal(withoutEnvelope(text), rest);
    }
    assert.equal(item('assistant', '[WebChat] hello')?.text, '[WebChat] hello');
  });

  it('has the role of who speaks; whatever calls a tool is the tool', () => {
    const call = { type: 'tool_use', name: 'read' };
    for (const [role, content, expected] of [
      ['user', 'a', { role: 'user', text: 'a' }],
      ['toolResult', 'a', { role: 'tool', text: 'a' }],
      ['System', ' a ', { role: 'system', text: 'a' }],
      ['hook', 'a', { role: 'other', text: 'a' }],
      ['assistant', [{ type: 'text', text: 'a' }, call], { role: 'tool', text: 'a' }],
      ['assistant', [call], { role: 'tool', text: 'call read' }],
      ['assistant', [call, call, call, call], { role: 'tool', text: 'call read, read +2' }],
      ['assistant', [{ type: 'thinking', thinking: 'hm' }], { role: 'assistant', text: '[thinking]' }],
      ['assistant', [], undefined],
      ['user', '  ', undefined],
    ] as const) {
      const parts = typeof content === 'string' ? content : [...content];
      assert.deepEqual(item(role, parts), expected, JSON.stringify([role, content]));
    }
  });

  it('that is cut ends in three dots, and in no half of a character', () => {
    assert.equal(item('user', 'x'.repeat(20), 20)?.text, 'x'.repeat(20));
    assert.equal(item('user', 'x'.repeat(21), 20)?.text, `${'x'.repeat(17)}...`);
    assert.equal(item('user', `${'x'.repeat(16)}😀${'y'.repeat(9)}`, 20)?.text, `${'x'.repeat(16)}...`);
  });
});
