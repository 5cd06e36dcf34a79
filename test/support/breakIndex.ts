import { open } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';

/** Overwrites the page of an index that opening the store does not look at. Nobody may have it open. */
export async function breakIndex(store: string): Promise<void> {
  const db = new DatabaseSync(store);
  const root = db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'events_summaries'").get();
  const size = db.prepare('PRAGMA page_size').get();
  db.close();
  const [page, bytes] = [Number(root?.['rootpage']), Number(size?.['page_size'])];
  const file = await open(store, 'r+');
  await file.write(Buffer.alloc(bytes, 0x55), 0, bytes, (page - 1) * bytes);
  await file.close();
}
