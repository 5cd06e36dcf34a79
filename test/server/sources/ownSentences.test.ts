import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { filterFor } from '../../../server/domain/recordFilter.ts';
import { itemFromEvent } from '../../../server/domain/transcriptItem.ts';
import { shownTexts } from '../../../server/domain/transcriptText.ts';
import { OWN_SENTENCES } from '../../../server/sources/ownSentences.ts';
import type { SessionSource } from '../../../server/sources/source.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { writeLines } from './files.ts';
import { writeAgentDatabase, type EventLike } from './openclaw/sqlite/agentDatabase.ts';
import { claudeSource, openclawSource, piSource } from './reading.ts';

const many = (block: unknown) => Array.from({ length: 1003 }, () => block);
const deep = `${'['.repeat(300)}${']'.repeat(300)}`;
const entry = (id: string, more: Partial<EventLike>): EventLike => ({
  type: 'message',
  id,
  parentId: null,
  ...more,
});
const turn = (id: string, stopReason: string) => ({
  ...entry(id, {}),
  message: Object.assign({ role: 'assistant', content: [] }, { stopReason }),
});

/** Records of which the readers say something in words of their own. */
const claudeLines: unknown[] = [
  'not {JSON',
  `{"type":"user","x":${deep}}`,
  '[1,2]',
  '\u0001\u0002',
  { type: 'assistant', uuid: 'a', message: { content: [{ type: 'thinking', thinking: '' }, { a: 1 }] } },
  { type: 'user', uuid: 'b', message: { content: many({ type: 'text', text: 'x' }) } },
  {
    type: 'user',
    uuid: 'c',
    message: {
      content: [1, 2].map((id) => ({
        type: 'tool_result',
        tool_use_id: `${id}`,
        content: many({ type: 'image' }),
      })),
    },
  },
];
const piLines: EventLike[] = [
  { type: 'session', version: 3, id: 'h', cwd: '/' },
  turn('a', 'error'),
  turn('b', 'aborted'),
  entry('c', { parentId: 'a', message: { role: 'user', content: 'x' } }),
];
const openclawLines: EventLike[] = [
  ...piLines,
  { type: 'reset', id: 'r', parentId: 'c', reason: 'new' },
  { type: 'reset', id: 's', parentId: 'r' },
  { type: 'message', id: 't', parentId: 's' },
];

async function claude(t: TestContext): Promise<[SessionSource, string]> {
  const folder = await tempFolder(t);
  await writeLines(join(folder, 'projects/p/s.jsonl'), claudeLines);
  return [claudeSource(folder), 'p/s.jsonl'];
}

async function pi(t: TestContext): Promise<[SessionSource, string]> {
  const folder = await tempFolder(t);
  await writeLines(join(folder, 'sessions/p/s.jsonl'), piLines);
  return [piSource(folder), 'p/s.jsonl'];
}

async function database(t: TestContext): Promise<[SessionSource, string]> {
  const folder = await tempFolder(t);
  writeAgentDatabase(folder, 'main', [{ key: 'agent:main:main', id: 's1', events: openclawLines }]);
  return [openclawSource(folder), 'sessions/agent%3Amain%3Amain'];
}

async function textsShown(source: SessionSource, path: string, wanted?: string): Promise<string[]> {
  const filter = wanted === undefined ? undefined : filterFor(wanted, OWN_SENTENCES);
  const { items } = await source.page(path, { from: 0, limit: 1000, scan: { filter } });
  return items.flatMap((item) => shownTexts(item).flatMap(({ texts }) => texts));
}

test('each sentence that readers have of their own is found by each word of it, wherever it is said, and so is all else that is shown', async (t) => {
  const said = new Set<string>();
  for (const where of [claude, pi, database]) {
    const [source, path] = await where(t);
    const texts = await textsShown(source, path);
    for (const { text } of OWN_SENTENCES)
      if (texts.some((each) => each.includes(text.replaceAll('…', '').trim()))) said.add(text);
    for (const text of new Set(texts.map((each) => each.slice(0, 100))))
      for (const wanted of new Set([text, ...text.split(/\W+/)])) {
        if (wanted === '') continue;
        const found = await textsShown(source, path, wanted);
        assert.ok(
          found.some((each) => each.startsWith(text)),
          `${JSON.stringify(wanted)} of: ${text}`,
        );
      }
  }
  const unsaid = OWN_SENTENCES.map(({ text }) => text).filter((text) => !said.has(text));
  assert.deepEqual(
    unsaid.filter((text) => !/^This event is (?:nested|not JSON)/.test(text)),
    ['Asked to pause at the end of the iteration: …'],
    'a sentence that no record here makes, but that of Lockstep’s own sessions and two that stand for one above',
  );
});

test('a request to pause a session of Lockstep is found by each word that is said of it', () => {
  const data = { pausing: true, reason: 'lunch' };
  const event = { seq: 1, timestamp: '2026-09-01T12:00:00.000Z', type: 'update', data } as const;
  const texts = shownTexts(itemFromEvent(event, 0)).flatMap((each) => each.texts);
  assert.deepEqual(texts, ['Asked to pause at the end of the iteration: lunch']);
  for (const wanted of texts.flatMap((text) => [text, ...text.split(' ')]))
    assert.notEqual(
      filterFor(wanted, OWN_SENTENCES)?.acceptsText(`"update" ${JSON.stringify(data)}`),
      false,
      wanted,
    );
});
