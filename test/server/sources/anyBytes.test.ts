import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { SessionSource } from '../../../server/sources/source.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { anyFile } from './anyFile.ts';
import { writeLines } from './files.ts';
import { claudeSource, listOf, openclawSource, pageOf, piSource } from './reading.ts';

const PATH = 'p/s.jsonl';
/** Of a transcript that no store names. */
const LOOSE_PATH = 'agents/main/sessions/s.jsonl';

const anyPosition = fc.option(fc.oneof(fc.nat(2000), fc.constant(Number.MAX_SAFE_INTEGER)), {
  nil: undefined,
});

const anyQuery = fc.record({
  from: anyPosition,
  before: anyPosition,
  limit: fc.integer({ min: 1, max: 20 }),
  generation: fc.constantFrom(undefined, '', 'x~', 'no such'),
});

/** Both read the answers through the protocol's schemas: what passes is fit for every door. */
async function readAll(
  source: SessionSource,
  path: string,
  query: Partial<{ from: number | undefined }>,
): Promise<void> {
  const { sessions, problems } = await listOf(source);
  assert.deepEqual([sessions.length, problems], [1, []]);
  await pageOf(source, path);
  await pageOf(source, path, query);
}

for (const [name, path, file, sourceOf] of [
  ['Claude Code', PATH, `projects/${PATH}`, claudeSource] as const,
  ['pi', PATH, `sessions/${PATH}`, piSource] as const,
  ['OpenClaw', LOOSE_PATH, LOOSE_PATH, openclawSource] as const,
]) {
  test(`whatever bytes a file of ${name} holds, it is listed, and its pages are fit for the wire`, async (t) => {
    const folder = await tempFolder(t);
    const written = await writeLines(join(folder, file), []);
    const property = fc.asyncProperty(anyFile, anyQuery, async (bytes, query) => {
      await writeFile(written, bytes);
      await readAll(sourceOf(folder), path, query);
    });
    await fc.assert(property, { numRuns: 200 });
  });
}
