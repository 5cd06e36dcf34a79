import type { Lease } from '../domain/lease.ts';
import type { AgentLocks, LockFinding, LockFolder } from '../domain/lockFinding.ts';
import type { Judgement } from '../domain/lockVerdict.ts';
import type { Clock } from '../platform/clock.ts';
import { mapBounded } from '../platform/concurrency.ts';
import type { LeaseOwner, Lock } from '../protocol/lock.ts';
import { locksClean } from '../protocol/lockMethods.ts';
import type { LeaseStore } from '../store/leaseStore.ts';
import type { LockFiles } from './lockFiles.ts';
import { findLocks, type Aside } from './lockFolders.ts';
import type { Owners } from './owners.ts';

/** What `locks.clean` takes for old where nothing else is said, in milliseconds. */
const STALE_MS = locksClean.params.shape.staleMs.parse(undefined);
/** How deep a root that somebody named is looked at. */
const ROOT_DEPTH = 8;
const JUDGED_AT_ONCE = 16;

export interface CatalogueParts {
  readonly leases: LeaseStore;
  readonly owners: Owners;
  readonly files: LockFiles;
  /** Where our own locks are. */
  readonly ownFolder: string;
  /** Where other agents' locks are. */
  readonly agents: readonly AgentLocks[];
  /** Folders that the user named: `lockstep.locks.roots`. */
  readonly roots: readonly string[];
  /** What was wrong with the settings, told of with whatever else cannot be looked at. */
  readonly problems: LockFinding['problems'];
  readonly clock: Clock;
}

/** Lock files and what else was seen on the way. */
export interface FileFinding extends LockFinding {
  /** What cleaners that were killed have left. */
  readonly asides: readonly Aside[];
}

/** Every lock that Lockstep knows of. */
export class LockCatalogue {
  readonly #parts: CatalogueParts;

  constructor(parts: CatalogueParts) {
    this.#parts = parts;
  }

  /** Lock files in the given roots, or in all the places that are known. Rejects never. */
  async files(roots: readonly string[] | undefined, staleMs = STALE_MS): Promise<FileFinding> {
    const { agents, problems } = this.#parts;
    const live = roots ? [] : await Promise.all(agents.flatMap((agent) => agent.live?.() ?? []));
    const settings = roots ? [] : [{ locks: [], problems }];
    return this.#find(roots?.map(asFolder) ?? this.#folders(), [...live, ...settings], staleMs);
  }

  /** Our own lock files alone. Rejects never. */
  ownFiles(): Promise<FileFinding> {
    return this.#find([{ path: this.#parts.ownFolder, depth: 0 }], [], STALE_MS);
  }

  async #find(
    folders: readonly LockFolder[],
    others: readonly LockFinding[],
    staleMs: number,
  ): Promise<FileFinding> {
    const findings = await Promise.all(folders.map((folder) => findLocks(folder, this.#parts.files)));
    const all = [...findings, ...others];
    return {
      // Places may lie within each other.
      locks: [...new Map(all.flatMap(({ locks }) => locks).map((lock) => [lock.path, lock])).values()].map(
        (lock) => markOld(lock, staleMs),
      ),
      problems: [...new Map(all.flatMap(({ problems }) => problems).map((one) => [one.path, one])).values()],
      asides: [...new Map(findings.flatMap(({ asides }) => asides).map((one) => [one.path, one])).values()],
    };
  }

  async leases(staleMs = STALE_MS): Promise<{ lease: Lease; lock: Lock }[]> {
    const { leases, owners, clock } = this.#parts;
    const now = clock.now();
    // Many leases have one owner; and each look at a process is a few files that are open at once.
    const judged = new Map<string, Promise<Judgement>>();
    const judge = (owner: LeaseOwner): Promise<Judgement> => {
      const key = JSON.stringify({ ...owner, name: undefined });
      const known = judged.get(key) ?? owners.judge(owner);
      judged.set(key, known);
      return known;
    };
    return mapBounded(await leases.leases(), JUDGED_AT_ONCE, async ({ lease, title }) => {
      const { verdict, reasons } = await judge(lease.owner);
      const lock: Lock = {
        kind: 'lease',
        format: 'lockstep',
        session: lease.session,
        guards: title,
        owner: lease.owner,
        ageMs: Math.max(0, now - lease.acquiredAt),
        verdict,
        reasons: lease.expiresAt <= now ? [...reasons, 'expired'] : [...reasons],
        fingerprint: `lease-${lease.fence}-${lease.expiresAt}`,
        removable: true,
        fence: lease.fence,
        expiresAt: new Date(lease.expiresAt).toISOString(),
      };
      return { lease, lock: markOld(lock, staleMs) };
    });
  }

  #folders(): LockFolder[] {
    const { ownFolder, agents, roots } = this.#parts;
    return [
      { path: ownFolder, depth: 0 },
      ...agents.flatMap(({ folders }) => folders),
      ...roots.map(asFolder),
    ];
  }
}

function asFolder(path: string): LockFolder {
  return { path, depth: ROOT_DEPTH };
}

/** Told of, no more: age alone frees nothing. */
function markOld(lock: Lock, staleMs: number): Lock {
  return lock.ageMs > staleMs ? { ...lock, reasons: [...lock.reasons, 'too-old'] } : lock;
}
