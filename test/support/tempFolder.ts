import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What ends: a test, or with `{ after }` of `node:test` all tests of a file. */
export interface Ending {
  after(end: () => unknown): void;
}

/** An empty folder that goes with the test. */
export async function tempFolder(context: Ending): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-test-'));
  context.after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}
