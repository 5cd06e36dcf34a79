import type { SourceKind } from '../protocol/sourceSession.ts';
import { sourcesList, sourcesSessions } from '../protocol/sourceMethods.ts';
import type { SessionSource } from '../sources/source.ts';
import { existsSync } from 'node:fs';
import type { Registry } from './registry.ts';

export function registerSourceMethods(registry: Registry, sources: readonly SessionSource[]): void {
  registry.register(sourcesList, () =>
    Promise.resolve({
      sources: sources.map(({ kind, label, root }) => ({ kind, label, root, found: existsSync(root) })),
    }),
  );

  registry.register(sourcesSessions, async ({ kinds, limit }) => {
    const wanted = sources.filter(({ kind }) => kinds?.includes(kind) ?? true);
    const listings = await Promise.all(
      wanted.map(async (source) => ({ kind: source.kind, listing: await source.list(limit) })),
    );
    const totals: Partial<Record<SourceKind, number>> = {};
    for (const { kind, listing } of listings) totals[kind] = listing.total;
    return {
      sessions: listings.flatMap(({ listing }) => listing.sessions),
      totals,
      problems: listings.flatMap(({ listing }) => listing.problems),
    };
  });
}
