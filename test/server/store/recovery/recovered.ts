import { DatabaseSync } from 'node:sqlite';
import type { TestContext } from 'node:test';
import * as state from '../../../../server/domain/sessionState.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { openStore, recover, rowsOf, type OpenStore } from './stores.ts';

/** When all stores here are recovered. Milliseconds since the epoch. */
export const NOW = Date.now();

/** A store that is written with `write` and then changed with SQL, against all rules; recovered. */
export async function recovered(
  t: TestContext,
  write: (open: OpenStore) => Promise<void>,
  change: (db: DatabaseSync) => void = () => undefined,
) {
  const open = openStore(await tempFolder(t));
  await write(open);
  open.file.close();
  alter(open.path, change);
  const to = `${open.path}.new`;
  const recovery = await recover(open.path, to, NOW);
  const db = new DatabaseSync(to, { readOnly: true });
  t.after(() => db.close());
  const state = { ...db.prepare('SELECT revision, fence FROM store_state').get() };
  return { recovery, state, ...rowsOf(to), from: open.path, to };
}

/** Changes a store file with SQL, against all rules. */
export function alter(path: string, change: (db: DatabaseSync) => void): void {
  const db = new DatabaseSync(path, { enableForeignKeyConstraints: false });
  try {
    change(db);
  } finally {
    db.close();
  }
}

/** A step that adds an event with this text. */
export const note = (id: string, text: string) => state.addEvent({ id, type: 'note', data: { text } });
