import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { LockstepError } from '../domain/errors.ts';
import type { FileLocks } from '../locks/fileLock.ts';
import type { Clock } from '../platform/clock.ts';
import { isWithin, realOrSame } from '../platform/paths.ts';
import type { ParamsOf, ResultOf } from '../protocol/method.ts';
import type * as protocol from '../protocol/migrationMethods.ts';
import {
  backupFiles,
  backupPart,
  migratePart,
  verifyPart,
  writtenOf,
  type Copied,
  type Run,
} from './applying.ts';
import { BACKUP_FOLDER } from './backup.ts';
import { fileProblem } from './fileProblem.ts';
import { placeAt, type Place, type PlaceParts } from './inspection.ts';
import { Manifests, statsOf, type Manifest, type ManifestItem } from './manifest.ts';
import type { MigrationTarget } from './migrationTarget.ts';
import { OpenclawTarget, type OpenclawTargetParts } from './openclawTarget.ts';
import { inspect, planPart } from './planning.ts';
import {
  contentsOf,
  isDamage,
  originOf,
  partsOfFingerprint,
  tryRead,
  Turns,
  type Candidate,
  type Contents,
} from './reading.ts';
import type { ReadingStore } from './ownSessions.ts';
import { restorePart } from './restoring.ts';
import { StoreTarget, type TargetStore } from './storeTarget.ts';

/** How long one part goes on, in milliseconds: short enough to show progress, long enough for a small migration. */
const PART_MS = 1500;

export interface MigrationsParts
  extends Omit<PlaceParts, 'store'>, Pick<OpenclawTargetParts, 'writer' | 'gateways'> {
  readonly store: TargetStore & ReadingStore;
  /** Of OpenClaw, where a call names none. */
  readonly stateDir: string;
  readonly fileLocks: Pick<FileLocks, 'withFileLock'>;
  readonly clock: Clock;
  readonly partMs?: number;
}

/** Phases in which a migration can be gone on with. */
const UNFINISHED: ReadonlySet<Manifest['phase']> = new Set(['backup', 'migrate', 'verify']);

type TargetParams = Pick<ParamsOf<typeof protocol.migrationPlan>, 'to' | 'agentId' | 'stateDir'>;

/** Migrations of sessions: what they would do, what they do, and how it is taken back. */
export class Migrations {
  readonly #parts: MigrationsParts;
  readonly #manifests: Manifests;
  readonly #partMs: number;
  /** In the backup of the migration that is under way. */
  #copied: { readonly id: string; readonly copied: Copied } | undefined;
  /** Between the parts of one plan or migration: to list 10,000 sessions takes as long as to migrate some hundreds. */
  #kept: { readonly place: Place; readonly contents: Contents } | undefined;

  constructor(parts: MigrationsParts) {
    this.#parts = parts;
    this.#manifests = new Manifests(join(parts.home, 'migrations'));
    this.#partMs = parts.partMs ?? PART_MS;
  }

  inspect({
    path,
  }: ParamsOf<typeof protocol.migrationInspect>): Promise<ResultOf<typeof protocol.migrationInspect>> {
    return inspect(this.#placeAt(path));
  }

  async plan(
    params: ParamsOf<typeof protocol.migrationPlan>,
  ): Promise<ResultOf<typeof protocol.migrationPlan>> {
    const place = await this.#placeFor(params.path, params);
    const { contents } = await this.#contentsOf(place, params.cursor !== undefined);
    const part = await planPart(contents, this.#target(params), params.cursor, this.#partMs);
    if (part.nextCursor === undefined) this.#kept = undefined;
    return part;
  }

  apply(params: ParamsOf<typeof protocol.migrationApply>): Promise<ResultOf<typeof protocol.migrationApply>> {
    return this.#locked(async (check) => {
      const given = params.cursor ?? params.manifest;
      const manifest = given === undefined ? await this.#begin(params) : this.#manifests.load(given);
      if (given === undefined && manifest.phase === 'done')
        return { phase: 'done', done: 0, total: 0, stats: statsOf(manifest) };
      if (manifest.phase === 'undo' || manifest.phase === 'files' || manifest.phase === 'restored')
        throw invalid(`Migration ${manifest.id} is taken back; begin another one.`);
      const run = await this.#run(manifest, check);
      const { turns } = run;
      let files = 0;
      while (manifest.phase !== 'done' && !turns.isOver) {
        if (manifest.phase === 'backup') files = await backupPart(run);
        else if (manifest.phase === 'migrate') await migratePart(run);
        else await verifyPart(run);
      }
      const { phase, position, items, id } = manifest;
      const isDone = phase === 'done';
      if (isDone) {
        this.#kept = undefined;
        this.#copied = undefined;
      }
      if (isDone && manifest.finishedAt === undefined) {
        manifest.finishedAt = this.#now();
        run.save();
      }
      return {
        phase,
        done: isDone ? items.length : position,
        total: phase === 'backup' ? Math.max(files, backupFiles(run).length) : items.length,
        stats: statsOf(manifest),
        migration: this.#manifests.summaryOf(manifest),
        ...(isDone ? {} : { nextCursor: id }),
      };
    });
  }

  async verify({
    manifest: given,
    cursor,
  }: ParamsOf<typeof protocol.migrationVerify>): Promise<ResultOf<typeof protocol.migrationVerify>> {
    const manifest = this.#manifests.load(given);
    const target = this.#target(manifest);
    await target.open();
    const turns = new Turns(this.#partMs);
    const changed: ResultOf<typeof protocol.migrationVerify>['changed'] = [];
    let same = 0;
    let done = cursor === undefined ? 0 : Number(cursor);
    if (!Number.isSafeInteger(done)) throw invalid('cursor: is not the nextCursor of a part.');
    for (; done < manifest.items.length && !turns.isOver; done++) {
      const item = manifest.items[done];
      const written = item && writtenOf(item);
      if (item?.outcome !== 'migrated' || written === undefined) continue;
      const reason = await target.difference(written);
      if (reason === undefined) same++;
      else changed.push({ key: item.key, to: written.to, reason });
      await turns.take();
    }
    const total = manifest.items.length;
    return { same, changed, done, total, ...(done < total ? { nextCursor: String(done) } : {}) };
  }

  restore({
    manifest: given,
  }: ParamsOf<typeof protocol.migrationRestore>): Promise<ResultOf<typeof protocol.migrationRestore>> {
    return this.#locked(async (check) => {
      const manifest = this.#manifests.load(given);
      const target = this.#target(manifest);
      const save = () => this.#manifests.save(manifest);
      const part = await restorePart({ manifest, target, turns: new Turns(this.#partMs), check, save });
      if (manifest.phase === 'restored') {
        manifest.finishedAt = this.#now();
        save();
      }
      return {
        ...part,
        migration: this.#manifests.summaryOf(manifest),
        ...(manifest.phase === 'restored' ? {} : { nextCursor: manifest.id }),
      };
    });
  }

  list(): ResultOf<typeof protocol.migrationList> {
    const { manifests, problems } = this.#manifests.list();
    return { migrations: manifests.map((manifest) => this.#manifests.summaryOf(manifest)), problems };
  }

  /** One part at a time, whichever process does it: each goes on where the last one ended. */
  #locked<T>(work: (check: () => void) => Promise<T>): Promise<T> {
    const { folder } = this.#manifests;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw fileProblem(folder, error);
    }
    return this.#parts.fileLocks.withFileLock(folder, ({ check }) => work(check));
  }

  /**
   * A new migration, or one of the same that was not finished. Where there is nothing to do it is done, and not on disk.
   */
  async #begin(params: ParamsOf<typeof protocol.migrationApply>): Promise<Manifest> {
    const { path = '', to, agentId, items: chosen, backup } = params;
    const place = await this.#placeFor(path, params);
    const target = this.#target(params);
    await target.open();
    const { candidates, damaged } = (await this.#contentsOf(place, false)).contents;
    const items = await this.#itemsOf(candidates, chosen, target);
    const isNothing = items.every(({ outcome }) => outcome !== undefined);
    const stateDir = to === 'openclaw' ? this.#stateDir(params) : undefined;
    const before = this.#manifests
      .list()
      .manifests.find(
        (one) =>
          UNFINISHED.has(one.phase) &&
          one.path === place.path &&
          one.to === to &&
          one.agentId === agentId &&
          one.stateDir === stateDir,
      );
    // The items of the run that was cut short come first: what it has written is known by them alone.
    const kept = new Map(before?.items.map((item) => [item.key, item]));
    const renewed = items.map((item): ManifestItem => {
      const old = kept.get(item.key);
      kept.delete(item.key);
      return old?.digest === undefined ? item : { ...old, fingerprint: item.fingerprint };
    });
    const id = before?.id ?? uuidv7();
    const base = place.base ?? (stateDir === undefined ? undefined : resolve(stateDir));
    const manifest: Manifest = {
      lockstep: 'migration',
      version: 1,
      id,
      phase: isNothing && before === undefined ? 'done' : 'backup',
      position: 0,
      path: place.path,
      to,
      agentId,
      ...(stateDir === undefined ? {} : { stateDir }),
      startedAt: before?.startedAt ?? this.#now(),
      ...(before?.backup !== undefined
        ? { backup: before.backup }
        : backup && base !== undefined
          ? { backup: { folder: join(base, BACKUP_FOLDER, id), files: 0, bytes: 0 } }
          : {}),
      items: [...renewed, ...[...kept.values()].filter(({ digest }) => digest !== undefined)],
      damaged: [...damaged],
    };
    if (manifest.phase !== 'done') this.#manifests.save(manifest);
    return manifest;
  }

  /** What is to be migrated, with what of it is there already marked so. */
  async #itemsOf(
    candidates: readonly Candidate[],
    chosen: ParamsOf<typeof protocol.migrationApply>['items'],
    target: MigrationTarget,
  ): Promise<ManifestItem[]> {
    const turns = new Turns(Infinity);
    const wanted = new Map(
      chosen?.map(({ fingerprint, to }) => [partsOfFingerprint(fingerprint).key, { fingerprint, to }]),
    );
    const items: ManifestItem[] = [];
    for (const { key, found, source } of candidates) {
      if (chosen !== undefined && !wanted.has(key)) continue;
      const { fingerprint, to } = wanted.get(key) ?? {};
      const item: ManifestItem = { key, path: found.path, format: source.format, fingerprint, to };
      wanted.delete(key);
      if (fingerprint !== undefined && to !== undefined) {
        const { sha256 } = partsOfFingerprint(fingerprint);
        const origin = { format: source.format, path: source.root, key: found.key, sha256 };
        if (await target.has(to, origin)) item.outcome = 'already';
      } else {
        Object.assign(item, await outcomeNow({ key, found, source }, target));
      }
      items.push(item);
      await turns.take();
    }
    for (const [key, { fingerprint }] of wanted)
      items.push({
        key,
        path: key,
        format: 'source',
        fingerprint,
        outcome: 'skipped',
        reason: 'It is gone since the plan.',
      });
    return items;
  }

  async #run(manifest: Manifest, check: () => void): Promise<Run> {
    const target = this.#target(manifest);
    await target.open();
    const { place, contents } = await this.#contentsOf(this.#placeAt(manifest.path), true);
    return {
      manifest,
      place,
      target,
      candidates: new Map(contents.candidates.map((one) => [one.key, one])),
      turns: new Turns(this.#partMs),
      check,
      save: () => this.#manifests.save(manifest),
      copied: this.#copiedOf(manifest.id),
    };
  }

  #copiedOf(id: string): Copied {
    if (this.#copied?.id !== id)
      this.#copied = { id, copied: { position: 0, files: [], earlier: undefined } };
    return this.#copied.copied;
  }

  /** Each session is read again before it is migrated, so that an older list does no harm. */
  async #contentsOf(place: Place, isOn: boolean): Promise<{ place: Place; contents: Contents }> {
    const kept = this.#kept;
    if (isOn && kept?.place.path === place.path) return kept;
    const read = { place, contents: await contentsOf(place) };
    this.#kept = read;
    return read;
  }

  #placeAt(path: string): Place {
    return placeAt(path, this.#parts);
  }

  async #placeFor(
    path: string,
    { to, stateDir: given }: Pick<TargetParams, 'to' | 'stateDir'>,
  ): Promise<Place> {
    const stateDir = this.#stateDir({ stateDir: given });
    const place = this.#placeAt(path);
    const isOwn = place.sources.some(({ format }) => format === 'lockstep');
    if (isOwn && to === 'lockstep') throw invalid('to: the sessions of the store are there already.');
    if (to === 'openclaw') {
      for (const { format, root } of place.sources)
        if ((format === 'openclaw' || format === 'source') && (await isOneFolder(root, stateDir)))
          throw invalid(`to: the sessions of ${root} are in that state directory already.`);
    }
    return place;
  }

  #target({ to, agentId, stateDir }: TargetParams): MigrationTarget {
    const { store, userHome, writer, gateways } = this.#parts;
    if (to === 'lockstep') return new StoreTarget(store);
    return new OpenclawTarget({
      stateDir: this.#stateDir({ stateDir }),
      agentId,
      userHome,
      writer,
      gateways,
    });
  }

  #stateDir({ stateDir }: Pick<TargetParams, 'stateDir'>): string {
    return stateDir === undefined ? this.#parts.stateDir : resolve(stateDir);
  }

  #now(): string {
    return new Date(this.#parts.clock.now()).toISOString();
  }
}

/** What is known of a session before anything is written; nothing where it is to be migrated. */
async function outcomeNow(candidate: Candidate, target: MigrationTarget): Promise<Partial<ManifestItem>> {
  const read = await tryRead(candidate);
  if (isDamage(read)) return { outcome: 'failed', ...read };
  const { state, to, conflict = '' } = await target.look(read, originOf(candidate, read));
  if (state === 'done') return { outcome: 'already', to };
  return state === 'conflict' ? { outcome: 'skipped', reason: conflict } : {};
}

function invalid(message: string): LockstepError {
  return new LockstepError('INVALID_PARAMS', message);
}

/** Whether one of two folders is in the other, or both are the same. */
async function isOneFolder(a: string, b: string): Promise<boolean> {
  const [one, other] = await Promise.all([realOrSame(a), realOrSame(b)]);
  return isWithin(one, other) || isWithin(other, one);
}
