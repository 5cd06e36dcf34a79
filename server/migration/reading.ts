import { setImmediate } from 'node:timers/promises';
import { LockstepError } from '../domain/errors.ts';
import type { MigrationDamage } from '../protocol/migrationMethods.ts';
import type { Place } from './inspection.ts';
import { Damaged, type FoundSession, type MigrationSource, type ReadSession } from './migrationSource.ts';
import type { Origin } from './migrationTarget.ts';

/** A session that was found, and who reads it. */
export interface Candidate {
  readonly found: FoundSession;
  readonly source: MigrationSource;
  /** The name of the session within the whole place. */
  readonly key: string;
}

export interface Contents {
  /** Parents before their children, else in the order of their keys. */
  readonly candidates: readonly Candidate[];
  readonly damaged: readonly MigrationDamage[];
  readonly notes: readonly string[];
}

/** What is at a place, in an order that is the same each time. */
export async function contentsOf(place: Place): Promise<Contents> {
  const candidates: Candidate[] = [];
  const damaged: MigrationDamage[] = [];
  const notes: string[] = [];
  for (const source of place.sources) {
    const contents = await source.contents();
    for (const found of contents.sessions) candidates.push({ found, source, key: keyOf(source, found.key) });
    damaged.push(...contents.damaged);
    notes.push(...contents.notes);
    await setImmediate();
  }
  return { candidates: parentsFirst(candidates), damaged, notes };
}

function keyOf(source: MigrationSource, key: string): string {
  return `${source.format}:${key}`;
}

export function parentOf({ source, found }: Candidate): string | undefined {
  return found.parentKey === undefined ? undefined : keyOf(source, found.parentKey);
}

function parentsFirst(candidates: readonly Candidate[]): Candidate[] {
  const byKey = new Map(candidates.map((one) => [one.key, one]));
  const depths = new Map<string, number>();
  const depthOf = (candidate: Candidate): number => {
    const known = depths.get(candidate.key);
    if (known !== undefined) return known;
    depths.set(candidate.key, 0); // where parents go in a circle
    const parent = byKey.get(parentOf(candidate) ?? '');
    const depth = parent === undefined ? 0 : depthOf(parent) + 1;
    depths.set(candidate.key, depth);
    return depth;
  };
  return candidates
    .map((candidate) => ({ candidate, depth: depthOf(candidate) }))
    .sort((a, b) => a.depth - b.depth || (a.candidate.key < b.candidate.key ? -1 : 1))
    .map(({ candidate }) => candidate);
}

export function originOf({ source, found }: Candidate, read: ReadSession): Origin {
  const { label } = read.session.state.session;
  return {
    format: source.format,
    path: source.root,
    key: found.key,
    id: read.id,
    sha256: read.sha256,
    ...(label === undefined ? {} : { label }),
  };
}

/** Names a session and its state: what a plan shows, and what is compared when it is carried out. */
export function fingerprintOf(key: string, { bytes, modifiedAt, sha256 }: ReadSession): string {
  return `${key}@${bytes}-${modifiedAt ?? ''}-${sha256}`;
}

const FINGERPRINT = /^(.+)@(\d+)-(\d*)-([0-9a-f]{64})$/s;

/** @throws LockstepError INVALID_PARAMS */
export function partsOfFingerprint(fingerprint: string): { key: string; sha256: string } {
  const [, key, , , sha256] = FINGERPRINT.exec(fingerprint) ?? [];
  if (key === undefined || sha256 === undefined) {
    throw new LockstepError('INVALID_PARAMS', `items: "${fingerprint}" is not a fingerprint of a plan.`, {
      details: { param: 'items' },
    });
  }
  return { key, sha256 };
}

/** Reads a session; whatever is wrong with it stays in its result. */
export async function tryRead({ source, found }: Candidate): Promise<ReadSession | MigrationDamage> {
  try {
    return await source.read(found);
  } catch (error) {
    if (error instanceof Damaged) return { path: error.path, reason: error.message };
    if (error instanceof LockstepError && error.code.startsWith('STORE_')) throw error;
    // A file of any content must not end the migration of the others.
    const reason = error instanceof Error ? error.message : String(error);
    return { path: found.path, reason: `It cannot be migrated: ${reason}.` };
  }
}

export function isDamage(read: ReadSession | MigrationDamage): read is MigrationDamage {
  return 'reason' in read;
}

/** Lets others have their turn, but no more often than they need. */
export class Turns {
  readonly #until: number;
  #next: number;
  /** So that a part of any length does something. */
  #hasWorked = false;

  /** @param budgetMs how long a part of a call goes on, in milliseconds */
  constructor(budgetMs: number) {
    this.#until = performance.now() + budgetMs;
    this.#next = performance.now() + TURN_MS;
  }

  get isOver(): boolean {
    return this.#hasWorked && performance.now() >= this.#until;
  }

  /** After each step. */
  async take(): Promise<void> {
    this.#hasWorked = true;
    if (performance.now() < this.#next) return;
    await setImmediate();
    this.#next = performance.now() + TURN_MS;
  }
}

/** How long others wait at most between two sessions, in milliseconds. */
const TURN_MS = 20;
