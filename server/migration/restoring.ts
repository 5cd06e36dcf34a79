import type { ResultOf } from '../protocol/method.ts';
import type { migrationRestore } from '../protocol/migrationMethods.ts';
import { begin, writtenOf, type Run } from './applying.ts';
import { Backup } from './backup.ts';
import type { Written } from './migrationTarget.ts';

/** Sessions that are taken back in one step. */
const AT_ONCE = 200;

type Part = Pick<ResultOf<typeof migrationRestore>, 'removed' | 'restored' | 'left' | 'done' | 'total'>;

/**
 * Takes back what a migration wrote, children first, and then puts back those of the old files that are missing. What is
 * newer is left, and told. Can be cut short at any moment, and begun anew.
 */
export async function restorePart({
  manifest,
  target,
  turns,
  check,
  save,
}: Pick<Run, 'manifest' | 'target' | 'turns' | 'check' | 'save'>): Promise<Part> {
  const part: Part = { removed: [], restored: [], left: [], done: 0, total: 0 };
  await target.open();
  if (manifest.phase !== 'undo' && manifest.phase !== 'files') {
    begin(manifest, 'undo');
    save();
  }
  const written = manifest.items
    .filter(({ outcome }) => outcome === 'migrated' || outcome === 'writing' || outcome === 'failed')
    .flatMap((item): Written[] => {
      const one = writtenOf(item);
      return one === undefined ? [] : [one];
    })
    .reverse();
  const backup = manifest.backup && new Backup(manifest.backup.folder, manifest.id, manifest.backup.folder);
  const files = backup?.files() ?? [];
  part.total = written.length + files.length;
  while (manifest.phase === 'undo' && !turns.isOver) {
    check();
    const some = written.slice(manifest.position, manifest.position + AT_ONCE);
    for (const { to, outcome, reason = '' } of await target.undo(some, manifest.id)) {
      if (outcome === 'removed') part.removed.push(to);
      else if (outcome === 'left') part.left.push({ path: to, reason });
    }
    manifest.position += some.length;
    if (manifest.position >= written.length) begin(manifest, 'files');
    save();
    await turns.take();
  }
  while (manifest.phase === 'files' && !turns.isOver) {
    check();
    for (const file of files.slice(manifest.position, manifest.position + AT_ONCE)) {
      const outcome = await backup?.restore(file);
      if (outcome === 'restored') part.restored.push(file.path);
      else if (outcome !== undefined) part.left.push({ path: file.path, reason: outcome.left });
    }
    manifest.position += AT_ONCE;
    if (manifest.position >= files.length) begin(manifest, 'restored');
    save();
    await turns.take();
  }
  const undone = manifest.phase === 'undo' ? manifest.position : written.length;
  part.done =
    manifest.phase === 'restored'
      ? part.total
      : undone + (manifest.phase === 'files' ? manifest.position : 0);
  return part;
}
