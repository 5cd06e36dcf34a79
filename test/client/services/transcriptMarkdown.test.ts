import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../../../client/services/call.ts';
import { TranscriptReplaced, transcriptMarkdown } from '../../../client/services/transcriptMarkdown.ts';
import { transcriptsExport } from '../../../server/protocol/transcriptMethods.ts';

/** A server whose transcript has these parts, each of its generation. */
function exporting(
  parts: readonly (readonly [content: string, generation: string])[],
  asked: unknown[] = [],
): Call {
  return (method, params) => {
    asked.push(params);
    const { from } = transcriptsExport.params.parse(params);
    const [content, generation] = parts[from] ?? [];
    const next = from + 1 < parts.length ? { next: from + 1 } : {};
    return Promise.resolve(
      method.result.parse({ start: from, size: parts.length, generation, content, ...next }),
    );
  };
}

async function read(call: Call): Promise<string> {
  let text = '';
  for await (const part of transcriptMarkdown(call, { ref: 'pi:a', kinds: ['message'] })) text += part;
  return text;
}

test('a transcript as Markdown has all parts in a row, of the kinds that are wanted', async () => {
  const asked: unknown[] = [];
  const parts = ['one\n', 'two\n', 'three\n'].map((content) => [content, 'a'] as const);
  assert.equal(await read(exporting(parts, asked)), 'one\ntwo\nthree\n');
  assert.deepEqual(asked[1], { ref: 'pi:a', kinds: ['message'], from: 1, generation: 'a' });
});

test('parts of two transcripts are never put together', async () => {
  await assert.rejects(
    read(
      exporting([
        ['one', 'a'],
        ['two', 'b'],
      ]),
    ),
    TranscriptReplaced,
  );
});
