import assert from 'node:assert/strict';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import { LockstepError } from '../../../server/domain/errors.ts';
import type { TranscriptImage, TranscriptItem } from '../../../server/protocol/transcript.ts';
import type { PictureQuery, SessionSource } from '../../../server/sources/source.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { jsonLines, writeLines } from './files.ts';
import { countingOpen } from './jsonl/countingOpen.ts';
import { writeAgentDatabase } from './openclaw/sqlite/agentDatabase.ts';
import { GIF, JPEG, PNG, SVG } from './pictureBytes.ts';
import { claudeSource, openclawSource, outline, pageOf, piSource, type SourceSettings } from './reading.ts';

interface Written {
  readonly source: SessionSource;
  readonly path: string;
}

const claudePicture = (data: string) => ({
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data },
});
const piPicture = (data: string) => ({ type: 'image', data, mimeType: 'image/png' });
const words = (text: string) => ({ type: 'text', text });

/** A record that says something, in a form that all agents' formats are given: pictures are the agent's own. */
const claudeLines = [
  { type: 'user', uuid: 'first', message: { content: 'Begin' } },
  {
    type: 'user',
    uuid: 'u',
    message: {
      content: [
        claudePicture(PNG),
        { type: 'tool_result', tool_use_id: 'a', content: [words('shot'), claudePicture(GIF)] },
        words('These two'),
        claudePicture(JPEG),
        { type: 'tool_result', tool_use_id: 'b', content: [claudePicture(SVG)] },
      ],
    },
  },
  { type: 'assistant', uuid: 'v', message: { content: [words('Drawn:'), claudePicture(GIF)] } },
];

const piMessages = [
  { role: 'user', content: [piPicture(PNG), words('These two'), piPicture(JPEG)] },
  { role: 'toolResult', toolCallId: 'a', content: [words('shot'), piPicture(GIF), piPicture(SVG)] },
  { role: 'assistant', content: [words('Drawn:'), piPicture(GIF)] },
];
const piEntries = [
  { type: 'session', version: 3, id: 'h', cwd: '/' },
  ...piMessages.map((message, index) => ({
    type: 'message',
    id: `m${index}`,
    parentId: index === 0 ? null : `m${index - 1}`,
    message,
  })),
];
/** What OpenClaw adds of its own. */
const openclawEntries = [
  ...piEntries,
  {
    type: 'custom_message',
    id: 'c',
    parentId: 'm2',
    customType: 'x',
    content: [words('Added'), piPicture(PNG)],
  },
  { type: 'message', id: 's', parentId: 'c', message: { role: 'system', content: [piPicture(JPEG)] } },
];

async function claude(
  t: TestContext,
  settings: SourceSettings = {},
  lines: readonly unknown[] = claudeLines,
) {
  const folder = await tempFolder(t);
  const file = await writeLines(join(folder, 'projects/p/s.jsonl'), lines);
  return { source: claudeSource(folder, settings), path: 'p/s.jsonl', file };
}

async function pi(t: TestContext): Promise<Written> {
  const folder = await tempFolder(t);
  await writeLines(join(folder, 'sessions/p/s.jsonl'), piEntries);
  return { source: piSource(folder), path: 'p/s.jsonl' };
}

async function loose(t: TestContext): Promise<Written> {
  const folder = await tempFolder(t);
  await writeLines(join(folder, 'agents/main/sessions/s.jsonl'), openclawEntries);
  return { source: openclawSource(folder), path: 'agents/main/sessions/s.jsonl' };
}

async function stored(t: TestContext): Promise<Written> {
  const folder = await tempFolder(t);
  const sessions = join(folder, 'agents/main/sessions');
  await writeLines(join(sessions, 's1.jsonl'), openclawEntries);
  await writeFile(
    join(sessions, 'sessions.json'),
    JSON.stringify({ 'agent:main:main': { sessionId: 's1', updatedAt: 5 } }),
  );
  return { source: openclawSource(folder), path: 'sessions/agent%3Amain%3Amain' };
}

async function database(t: TestContext): Promise<Written> {
  const folder = await tempFolder(t);
  writeAgentDatabase(folder, 'main', [{ key: 'agent:main:main', id: 's1', events: openclawEntries }]);
  return { source: openclawSource(folder), path: 'sessions/agent%3Amain%3Amain' };
}

function imagesOf(item: TranscriptItem): readonly TranscriptImage[] {
  if (item.kind === 'message') return item.images ?? [];
  return item.kind === 'tool_call' || item.kind === 'tool_result' ? (item.result?.images ?? []) : [];
}

/** What each item that names pictures is given for them: the data, or the code of the error. */
async function pictures({ source, path }: Written) {
  const { items, generation } = await pageOf(source, path);
  const found: [string, string[]][] = [];
  for (const item of items) {
    const answers: string[] = [];
    for (const place of imagesOf(item)) answers.push(await ask(source, path, { ...place, generation }));
    if (answers.length > 0) found.push([outline([item]).join(), answers]);
  }
  return found;
}

async function ask(source: SessionSource, path: string, query: PictureQuery): Promise<string> {
  try {
    return (await source.image(path, query)).data;
  } catch (error) {
    assert.ok(error instanceof LockstepError, String(error));
    return error.code;
  }
}

describe('pictures in a transcript', () => {
  test('are named by the items that hold them, in Claude Code', async (t) => {
    assert.deepEqual(await pictures(await claude(t)), [
      ['result -> shot', [GIF]],
      ['user, 2 image: These two', [PNG, JPEG]],
      ['result -> ', ['IMAGE_REFUSED']],
      ['assistant, 1 image: ', [GIF]],
    ]);
  });

  const ofPi: [string, string[]][] = [
    ['user, 2 image: These two', [PNG, JPEG]],
    ['result -> shot', [GIF, 'IMAGE_REFUSED']],
    ['assistant, 1 image: ', [GIF]],
  ];
  const ofOpenclaw: [string, string[]][] = [
    ...ofPi,
    ['user, injected, 1 image: Added', [PNG]],
    ['system, 1 image: ', [JPEG]],
  ];
  for (const [where, written, expected] of [
    ['pi', pi, ofPi] as const,
    ['an OpenClaw transcript that no store names', loose, ofOpenclaw] as const,
    ['an OpenClaw session of the file era', stored, ofOpenclaw] as const,
    ['an OpenClaw database', database, ofOpenclaw] as const,
  ])
    test(`are named by the items that hold them, in ${where}`, async (t) => {
      assert.deepEqual(await pictures(await written(t)), expected);
    });

  test('are given only for the place and the transcript that a page told of', async (t) => {
    for (const written of [await claude(t), await pi(t), await stored(t), await database(t)]) {
      const { source, path } = written;
      const { items, generation, size } = await pageOf(source, path);
      const place = items.flatMap(imagesOf)[0];
      assert.ok(place);
      assert.equal(await ask(source, path, place), await ask(source, path, { ...place, generation }));
      for (const query of [
        { ...place, generation: 'another' },
        { ...place, index: 99 },
        { position: size, index: 0 },
        { position: size + 1000, index: 0 },
        { position: 0, index: 0 },
      ])
        assert.equal(await ask(source, path, query), 'INVALID_PARAMS', JSON.stringify(query));
      await assert.rejects(source.image('no/such.jsonl', place), { code: 'SESSION_NOT_FOUND' });
    }
  });

  test('are not looked for within a line, nor in one that is still being written', async (t) => {
    const { source, path, file } = await claude(t);
    const { size } = await pageOf(source, path);
    const line = jsonLines(claudeLines.slice(1, 2)).trimEnd();
    await appendFile(file, ` ${line}`);
    assert.equal(await ask(source, path, { position: size, index: 0 }), 'INVALID_PARAMS');
    await appendFile(file, '\n');
    assert.equal(await ask(source, path, { position: size, index: 0 }), PNG);
    assert.equal(await ask(source, path, { position: size + 1, index: 0 }), 'INVALID_PARAMS');
  });

  test('are read without the rest of the file', async (t) => {
    const { open, bytes } = countingOpen();
    const filler = { type: 'user', uuid: 'x', message: { content: 'x'.repeat(3_000_000) } };
    const { source, path } = await claude(t, { open }, [filler, ...claudeLines, filler, filler]);
    const position = jsonLines([filler, ...claudeLines.slice(0, 1)]).length;
    assert.equal((await source.image(path, { position, index: 0 })).data, PNG);
    const read = bytes.values().reduce((sum, each) => sum + each, 0);
    assert.ok(read > 0 && read < 600_000, `${read} bytes`);
  });

  test('are given or refused with a sentence, whatever a line holds', async (t) => {
    const folder = await tempFolder(t);
    const file = await writeLines(join(folder, 'projects/p/s.jsonl'), []);
    const source = claudeSource(folder);
    const part = fc.oneof(
      fc.anything(),
      fc.record({ type: fc.constant('image'), data: fc.constantFrom(PNG, SVG, 'x'), source: fc.anything() }),
      fc.record({
        type: fc.constant('tool_result'),
        tool_use_id: fc.constantFrom('t', 7),
        content: fc.oneof(
          fc.anything(),
          fc.array(fc.constantFrom(claudePicture(PNG), { type: 'image' }, null)),
        ),
      }),
    );
    const content = fc.oneof(fc.string(), fc.array(part, { maxLength: 6 }));
    const property = fc.asyncProperty(content, fc.nat(8), async (value, index) => {
      await writeFile(file, jsonLines([{ type: 'user', uuid: 'u', message: { content: value } }]));
      const { items } = await pageOf(source, 'p/s.jsonl');
      const places = items.flatMap(imagesOf);
      assert.equal(new Set(places.map((place) => place.index)).size, places.length);
      const answers = new Set([PNG, 'IMAGE_REFUSED']);
      for (const place of places) assert.ok(answers.has(await ask(source, 'p/s.jsonl', place)));
      await ask(source, 'p/s.jsonl', { position: 0, index });
    });
    await fc.assert(property, { numRuns: 100 });
  });
});
