import assert from 'node:assert/strict';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { sessionsList, sessionsPreview } from '../../../server/protocol/openclawMethods.ts';
import { jsonLines } from '../sources/files.ts';
import { writeStore } from '../sources/openclaw/stateDirectory.ts';
import { fixture, message } from './openclawFixture.ts';

describe('sessions.preview', () => {
  it('shows the last messages, by role, without what channels put before them', async (t) => {
    const { call } = await fixture(t);
    const { previews } = await call(sessionsPreview, { keys: [' main '] });
    assert.deepEqual(previews, [
      {
        key: 'main',
        status: 'ok',
        items: [
          { role: 'user', text: 'When did I last water the tomatoes?\n[message_id: 9]' },
          { role: 'tool', text: 'Let me look.' },
          { role: 'tool', text: '2026-02-28 tomatoes' },
          { role: 'tool', text: 'call exec, read +1' },
          { role: 'assistant', text: 'On Saturday, two days ago.' },
        ],
      },
    ]);
  });

  it('shows what comes after damaged lines, and counts messages before it leaves out empty ones', async (t) => {
    const { call } = await fixture(t);
    const { previews } = await call(sessionsPreview, {
      keys: ['agent:main:damaged'],
      limit: 4,
      maxChars: 20,
    });
    assert.deepEqual(previews[0]?.items, [
      { role: 'user', text: 'after the damage' },
      { role: 'user', text: '[image]' },
      { role: 'system', text: 'a note of the system' },
    ]);
  });

  it('tells unknown keys from sessions that have nothing to show', async (t) => {
    const { call } = await fixture(t);
    const keys = ['agent:main:nope', 'agent:main:empty', 'agent:main:missing', '  ', 'agent:../../x:y'];
    const { previews } = await call(sessionsPreview, { keys });
    assert.deepEqual(
      previews.map(({ key, status }) => [key, status]),
      [
        ['agent:main:nope', 'missing'],
        ['agent:main:empty', 'empty'],
        ['agent:main:missing', 'empty'],
        ['agent:../../x:y', 'missing'],
      ],
    );
    assert.deepEqual((await call(sessionsPreview, { keys: ['  '] })).previews, []);
  });

  it('answers 64 keys, 50 messages and 2,000 characters at most', async (t) => {
    const { dir, call } = await fixture(t);
    const lines = Array.from({ length: 60 }, () => message('user', 'ä'.repeat(3000)));
    await writeFile(join(dir, 'agents/support/sessions/big.jsonl'), jsonLines(lines));
    await writeStore(dir, 'support', { big: { sessionId: 'big' } });
    const keys = Array.from({ length: 70 }, () => 'agent:support:big');
    const { previews } = await call(sessionsPreview, { keys, limit: 1000, maxChars: 9000 });
    assert.deepEqual([previews.length, previews[0]?.items.length], [64, 50]);
    assert.equal(previews[0]?.items[0]?.text, `${'ä'.repeat(1997)}...`);
  });

  it('reads nothing outside of the folders of the agent', async (t) => {
    const { dir, call } = await fixture(t);
    const outside = join(dir, 'secret.jsonl');
    await writeFile(outside, jsonLines([message('user', 'secret')]));
    await symlink(outside, join(dir, 'agents/support/sessions/link.jsonl'));
    await writeStore(dir, 'support', {
      a: { sessionId: '../../../secret', sessionFile: outside },
      b: { sessionId: 'link' },
      c: { sessionFile: '../../../secret.jsonl' },
    });
    const { previews } = await call(sessionsPreview, {
      keys: ['agent:support:a', 'agent:support:b', 'agent:support:c'],
    });
    assert.deepEqual(
      previews.map(({ status }) => status),
      ['empty', 'empty', 'empty'],
    );
    const { sessions } = await call(sessionsList, { agentId: 'support', includeLastMessage: true });
    assert.ok(sessions.every((row) => row.lastMessagePreview === undefined));
  });

  it('is fit for the wire, and so is a list, whatever bytes a transcript holds', async (t) => {
    const { dir, call } = await fixture(t);
    await writeStore(dir, 'support', { fuzz: { sessionId: 'fuzz', updatedAt: 1 } });
    const path = join(dir, 'agents/support/sessions/fuzz.jsonl');
    const part = fc.record(
      {
        type: fc.constantFrom<unknown>('text', 'toolCall', 'image', 'thinking', 3, null),
        text: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom<unknown>(null, 7, '[Telegram x] y')),
        name: fc.constantFrom<unknown>('read', null, 5),
      },
      { requiredKeys: [] },
    );
    const record = fc.record({
      type: fc.constantFrom('message', 'session', 'compaction'),
      message: fc.oneof(
        fc.record({
          role: fc.constantFrom<unknown>('user', 'assistant', 'toolResult', 'system', '__proto__', 1),
          content: fc.oneof(
            fc.array(part, { maxLength: 4 }),
            fc.string({ unit: 'binary' }),
            fc.constant(null),
          ),
        }),
        fc.constantFrom<unknown>(null, 'x', []),
      ),
    });
    const line = fc.oneof(
      { weight: 4, arbitrary: record.map((value) => Buffer.from(`${JSON.stringify(value)}\n`)) },
      fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom('{"message":', '\uFEFF\n', '[[[\n', '"message"\n').map((text) => Buffer.from(text)),
    );
    const property = fc.asyncProperty(fc.array(line, { maxLength: 12 }), async (lines) => {
      await writeFile(path, Buffer.concat(lines));
      const params = { keys: ['agent:support:fuzz'], maxChars: 20 };
      const { previews } = await call(sessionsPreview, params);
      assert.ok(previews[0]?.items.every(({ text }) => text.length <= 20 && text !== ''));
      const listed = { search: ':fuzz', includeDerivedTitles: true, includeLastMessage: true };
      const { sessions } = await call(sessionsList, listed);
      assert.ok((sessions[0]?.derivedTitle?.length ?? 99) <= 60);
    });
    await fc.assert(property, { numRuns: 150 });
  });
});
