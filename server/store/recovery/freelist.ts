import type { DatabaseFile } from './databaseFile.ts';
import type { Pace } from './pace.ts';

export interface Freelist {
  readonly pages: ReadonlySet<number>;
  /** Whether it ended as it should. Where not, pages that are free are taken for lost ones. */
  readonly whole: boolean;
}

/** Pages in no use (https://www.sqlite.org/fileformat2.html#the_freelist): what they hold was deleted. */
export async function readFreelist(database: DatabaseFile, pace: Pace): Promise<Freelist> {
  const pages = new Set<number>();
  const broken = { pages, whole: false };
  const header = database.page(1);
  if (!header || database.declaredPages === undefined) return broken;
  const isPage = (number: number) => number >= 2 && number <= database.pageCount;
  const total = header.readUInt32BE(36);
  for (let trunk = header.readUInt32BE(32); trunk !== 0;) {
    const wait = pace();
    if (wait) await wait;
    const page = isPage(trunk) && !pages.has(trunk) ? database.page(trunk) : undefined;
    if (!page) return broken;
    const next = page.readUInt32BE(0);
    const count = page.readUInt32BE(4);
    // A leaf of a table is never a trunk: its first byte would make the next trunk's number far too high.
    if ((next !== 0 && !isPage(next)) || count > page.length / 4 - 2) return broken;
    const leaves = Array.from({ length: count }, (_, index) => page.readUInt32BE(8 + 4 * index));
    if (!leaves.every(isPage)) return broken;
    pages.add(trunk);
    for (const leaf of leaves) pages.add(leaf);
    trunk = next;
  }
  return { pages, whole: pages.size === total };
}
