import { Backup, type BackedUp, type BackupFile } from './backup.ts';
import type { Place } from './inspection.ts';
import type { Manifest, ManifestItem } from './manifest.ts';
import { Damaged, type ReadSession } from './migrationSource.ts';
import type { MigrationTarget, Prepared, Written } from './migrationTarget.ts';
import {
  isDamage,
  originOf,
  parentOf,
  partsOfFingerprint,
  tryRead,
  type Candidate,
  type Turns,
} from './reading.ts';

/** What is written in one step at most: for so long others cannot write. */
const BATCH = { sessions: 500, events: 10_000, bytes: 8 * 1024 * 1024 };

/** Files of a backup that are copied in one step. */
const FILES_AT_ONCE = 1000;

/** What the parts of this process have copied, and for how many files. */
export interface Copied {
  position: number;
  files: BackedUp[];
  /** Of a backup that a run which was cut short had finished: what it holds is older than all that was written since. */
  earlier: readonly BackedUp[] | undefined;
}

/** A migration while a part of it is done. */
export interface Run {
  readonly manifest: Manifest;
  readonly place: Place;
  readonly target: MigrationTarget;
  readonly candidates: ReadonlyMap<string, Candidate>;
  readonly turns: Turns;
  readonly copied: Copied;
  /** Right before anything is written: throws where the lock was lost. */
  readonly check: () => void;
  readonly save: () => void;
}

/** All files that a backup has to hold, the sources' first. */
export function backupFiles({
  manifest,
  target,
  candidates,
}: Pick<Run, 'manifest' | 'target' | 'candidates'>): BackupFile[] {
  const own = manifest.items.flatMap(({ key, outcome }) =>
    outcome === 'already' || outcome === 'skipped' ? [] : (candidates.get(key)?.found.files ?? []),
  );
  const targets = new Set(target.files);
  return [
    ...[...new Set(own)].filter((path) => !targets.has(path)).map((path) => ({ path, isTarget: false })),
    ...[...targets].map((path) => ({ path, isTarget: true })),
  ];
}

/** Gives how many files there are. */
export async function backupPart(run: Run): Promise<number> {
  const { manifest, turns, check, save, place, copied } = run;
  const { backup } = manifest;
  if (backup === undefined) {
    begin(manifest, 'migrate');
    return 0;
  }
  const copies = new Backup(place.base ?? backup.folder, manifest.id, backup.folder);
  if (copied.position !== manifest.position || manifest.position === 0) {
    // Perhaps another process has begun it, and was cut short.
    manifest.position = 0;
    copied.earlier = copies.files();
    copied.files = [...(copied.earlier ?? [])];
  }
  const { earlier } = copied;
  const known = new Set(earlier?.map(({ path }) => path));
  const files = backupFiles(run).filter(
    ({ path, isTarget }) => earlier === undefined || (!isTarget && !known.has(path)),
  );
  while (manifest.position < files.length && !turns.isOver) {
    check();
    const some = files.slice(manifest.position, manifest.position + FILES_AT_ONCE);
    copied.files.push(...(await copies.copy(some)));
    manifest.position += some.length;
    copied.position = manifest.position;
    await turns.take();
  }
  if (manifest.position >= files.length) {
    check();
    copies.finish(copied.files);
    backup.files = copied.files.length;
    backup.bytes = copied.files.reduce((sum, { bytes }) => sum + bytes, 0);
    begin(manifest, 'migrate');
  }
  save();
  return files.length;
}

interface Ready {
  readonly item: ManifestItem;
  readonly prepared: Prepared;
}

/** Reads, and writes what was read, batch by batch. */
export async function migratePart(run: Run): Promise<void> {
  const { manifest, turns } = run;
  const names = new Map(manifest.items.map(({ key, to }) => [key, to]));
  let batch: Ready[] = [];
  let size = { events: 0, bytes: 0 };
  let at = manifest.position;
  const flush = async () => {
    if (batch.length > 0) await writeBatch(run, batch);
    batch = [];
    size = { events: 0, bytes: 0 };
    manifest.position = at;
  };
  for (; at < manifest.items.length && !turns.isOver; at++) {
    const item = manifest.items[at];
    if (item === undefined) break;
    const ready = await readyToWrite(run, item, names);
    if (ready === undefined) continue;
    batch.push({ item, prepared: ready.prepared });
    names.set(item.key, ready.prepared.to);
    size.events += ready.read.session.events.length;
    size.bytes += ready.read.bytes;
    if (batch.length >= BATCH.sessions || size.events >= BATCH.events || size.bytes >= BATCH.bytes)
      await flush();
    await turns.take();
  }
  await flush();
  if (manifest.position >= manifest.items.length) begin(manifest, 'verify');
  run.save();
}

/** Reads an item again, and says what is to be written; notes in it why nothing is. */
async function readyToWrite(
  { manifest, candidates, target }: Run,
  item: ManifestItem,
  names: ReadonlyMap<string, string | undefined>,
): Promise<{ prepared: Prepared; read: ReadSession } | undefined> {
  if (item.outcome !== undefined && item.outcome !== 'writing') return undefined;
  const skip = (reason: string) => void Object.assign(item, { outcome: 'skipped', reason });
  const candidate = candidates.get(item.key);
  if (candidate === undefined) return skip('It is gone since the plan.');
  const read = await tryRead(candidate);
  if (isDamage(read))
    return void Object.assign(item, { outcome: 'failed', path: read.path, reason: read.reason });
  const isAsPlanned =
    item.fingerprint === undefined || partsOfFingerprint(item.fingerprint).sha256 === read.sha256;
  if (!isAsPlanned) return skip('It has changed since the plan.');
  const origin = originOf(candidate, read);
  const look = await target.look(read, origin);
  if (look.state === 'conflict') return skip(look.conflict ?? 'It is in conflict with another session.');
  if (look.state === 'done') {
    // A run that was killed after it was written.
    const isOurs = item.outcome === 'writing' && item.to === look.to;
    return void Object.assign(item, { outcome: isOurs ? 'migrated' : 'already', to: look.to });
  }
  const { losses } = read;
  const notes = [...read.notes, ...(await target.remarks(read, look.to))];
  if (losses.length > 0) item.losses = [...losses];
  if (notes.length > 0) item.notes = [...notes];
  const parent = names.get(parentOf(candidate) ?? '');
  try {
    return { prepared: target.prepare(read, origin, look, manifest.id, parent), read };
  } catch (error) {
    if (error instanceof Damaged) return skip(error.message);
    throw error;
  }
}

/** What is about to be written is in the manifest first: whatever a kill leaves can be told by it, and be taken back. */
async function writeBatch({ target, check, save }: Run, batch: readonly Ready[]): Promise<void> {
  for (const { item, prepared } of batch) {
    const { to, digest, file } = prepared;
    Object.assign(item, { outcome: 'writing', to, digest, ...(file === undefined ? {} : { file }) });
  }
  check();
  save();
  const outcomes = await target.write(batch.map(({ prepared }) => prepared));
  batch.forEach(({ item }, index) => {
    const { to = item.to, problem } = outcomes[index] ?? {};
    Object.assign(
      item,
      problem === undefined ? { outcome: 'migrated', to } : { outcome: 'skipped', to, reason: problem },
    );
  });
}

/** Compares what is in the target with what was read. */
export async function verifyPart(run: Run): Promise<void> {
  const { manifest, target, turns, save } = run;
  for (; manifest.position < manifest.items.length && !turns.isOver; manifest.position++) {
    const item = manifest.items[manifest.position];
    const written = item && writtenOf(item);
    if (item?.outcome !== 'migrated' || written === undefined) continue;
    const difference = await target.difference(written);
    if (difference !== undefined)
      Object.assign(item, { outcome: 'failed', reason: `It is not as it was written: ${difference}` });
    await turns.take();
  }
  if (manifest.position >= manifest.items.length) begin(manifest, 'done');
  save();
}

/** Undefined for an item of which nothing was ever written. */
export function writtenOf({ to, digest, file }: ManifestItem): Written | undefined {
  return to === undefined || digest === undefined ? undefined : { to, digest, file };
}

export function begin(manifest: Manifest, phase: Manifest['phase']): void {
  manifest.phase = phase;
  manifest.position = 0;
}
