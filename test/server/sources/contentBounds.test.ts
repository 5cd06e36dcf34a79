import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import type { TranscriptItem } from '../../../server/protocol/transcript.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { writeLines } from './files.ts';
import { claudeSource, pageOf, piSource } from './reading.ts';

async function claudeItems(t: TestContext, line: object): Promise<readonly TranscriptItem[]> {
  const folder = await tempFolder(t);
  await writeLines(join(folder, 'projects/p/s.jsonl'), [line]);
  return (await pageOf(claudeSource(folder), 'p/s.jsonl')).items;
}

describe('whatever a record holds', () => {
  test('no more than a thousand of its pictures are shown, and the rest is told of', async (t) => {
    const picture = { type: 'image', source: { data: 'x' } };
    const content = Array.from({ length: 3 }, (_, index) => ({
      type: 'tool_result',
      tool_use_id: `t${index}`,
      content: Array.from({ length: 400 }, () => picture),
    }));
    const items = await claudeItems(t, { type: 'user', uuid: 'u', message: { content } });
    const results = items.flatMap((item) => (item.kind === 'tool_result' ? [item.result] : []));
    assert.deepEqual(
      results.map(({ images }) => images?.length),
      [400, 400, 200],
    );
    assert.equal(results.at(-1)?.output.split('\n').length, 200, 'those that are not shown are named');
    const note = items.at(-1);
    assert.equal(note?.kind === 'note' && note.text, '200 more pictures of this message are not shown.');
  });

  test('names, types and ids have an end, and a call keeps its result', async (t) => {
    const long = 'n'.repeat(5000);
    const call = { type: 'tool_use', id: long, name: long, input: {} };
    const items = await claudeItems(t, {
      type: 'assistant',
      uuid: long,
      message: {
        model: long,
        content: [call, { type: 'text', text: 'x' }, { type: long }],
      },
    });
    assert.equal(items.length, 3);
    assert.ok(JSON.stringify(items.slice(0, 2)).length < 2000);
    const [first, , other] = items;
    assert.equal(first?.id, '@0:0');
    assert.equal(other?.kind === 'other' && other.type.length, 200);
    const folder = await tempFolder(t);
    const answer = { type: 'tool_result', tool_use_id: long, content: 'done' };
    await writeLines(join(folder, 'projects/p/s.jsonl'), [
      { type: 'assistant', uuid: 'a', message: { content: [call] } },
      { type: 'user', uuid: 'b', message: { content: [answer] } },
    ]);
    const merged = (await pageOf(claudeSource(folder), 'p/s.jsonl')).items;
    assert.equal(merged[0]?.kind === 'tool_call' && merged[0].result?.output, 'done');
  });

  test('what is shown as it is comes without the bytes of its pictures', async (t) => {
    const folder = await tempFolder(t);
    await writeLines(join(folder, 'sessions/p/s.jsonl'), [
      { type: 'session', version: 3, id: 'h', cwd: '/' },
      {
        type: 'custom_message',
        id: 'c',
        parentId: null,
        content: [
          { type: 'text', text: 'Added' },
          { type: 'image', data: 'iVBORw0KGgo' },
        ],
      },
    ]);
    const { items } = await pageOf(piSource(folder), 'p/s.jsonl');
    assert.match(JSON.stringify(items), /Added/);
    assert.doesNotMatch(JSON.stringify(items), /iVBOR/);
  });
});
