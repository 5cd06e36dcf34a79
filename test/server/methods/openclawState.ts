import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { tempFolder } from '../../support/tempFolder.ts';
import { openclawAt, parseStore, writeStore, type Store } from '../sources/openclaw/stateDirectory.ts';

/** The time of a write, as it stands in the name of what it archives. */
export const AT = '2026-03-02T08-00-00.000Z';

export const HEADER = {
  type: 'session',
  version: 3,
  id: 'id-a',
  timestamp: '2026-03-01T00:00:00.000Z',
  cwd: '/home/ada/shop',
};

export function message(id: string, parentId: string | null, text = id) {
  return { type: 'message', id, parentId, message: { role: 'user', content: [{ type: 'text', text }] } };
}

export const LINES = [HEADER, message('1', null), message('2', '1'), message('3', '2'), message('4', '3')];

/** A state directory with one agent, whose sessions have these transcripts, by their ids. */
export async function state(t: TestContext, store: Store, transcripts: Record<string, string | Buffer> = {}) {
  const dir = join(await tempFolder(t), 'state');
  const path = await writeStore(dir, 'main', JSON.stringify(store, null, 2));
  const folder = join(path, '..');
  for (const [id, text] of Object.entries(transcripts)) await writeFile(join(folder, `${id}.jsonl`), text);
  await writeFile(
    join(dir, 'openclaw.json'),
    JSON.stringify({ agents: { defaults: { model: 'openai/gpt-5.5' } } }),
  );
  const temporary = await tempFolder(t);
  const { call, fails } = openclawAt(dir, { tempFolder: temporary });
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  return {
    dir,
    folder,
    path,
    call,
    fails,
    read,
    at: (name: string) => join(folder, name),
    names: async () => (await readdir(folder)).sort(),
    store: async () => parseStore(await read('sessions.json')),
  };
}
