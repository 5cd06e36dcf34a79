import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Decide } from '../../../../server/domain/sessionStep.ts';
import { Leases, type LeaseParts, type WriteTarget } from '../../../../server/locks/leases.ts';
import { Owners } from '../../../../server/locks/owners.ts';
import { systemClock, type Clock } from '../../../../server/platform/clock.ts';
import { Counters } from '../../../../server/platform/counters.ts';
import { systemFileSystem } from '../../../../server/platform/fileSystem.ts';
import { systemProcesses } from '../../../../server/platform/systemProcesses.ts';
import type { Session } from '../../../../server/protocol/session.ts';
import { SqliteLeaseStore } from '../../../../server/store/sqliteLeaseStore.ts';
import { SqliteSessionStore } from '../../../../server/store/sqliteSessionStore.ts';
import { StoreFile } from '../../../../server/store/storeFile.ts';
import { agentCatalogue } from '../../../../server/workflows/agents/agentCatalogue.ts';
import { RunDriver } from '../../../../server/workflows/run/runDriver.ts';
import { RunLogs } from '../../../../server/workflows/run/runLogs.ts';
import type { RunFolder } from './runFolder.ts';

export interface LocalDriverOptions {
  /** How long a question waits for a client that shows it. */
  readonly claimMs?: number;
  /** Called before a lease is given back. */
  readonly beforeRelease?: () => Promise<unknown>;
  /** Called before what is written of a session by whoever drives it. */
  readonly beforeWrite?: (id: string) => Promise<unknown>;
  /** Called between the reading of a session and what is read after it. */
  readonly afterState?: (session: Session) => Promise<unknown>;
}

/** Drives runs of a folder in this process, where a test can look into it. */
export function localDriver(
  context: Pick<TestContext, 'after'>,
  { folder, env }: Pick<RunFolder, 'folder' | 'env'>,
  {
    claimMs = 10_000,
    beforeRelease = () => Promise.resolve(),
    beforeWrite = () => Promise.resolve(),
    afterState = () => Promise.resolve(),
  }: LocalDriverOptions,
): RunDriver {
  const home = join(folder, 'home');
  const counters = new Counters();
  const clock = systemClock;
  const file = new StoreFile({ path: join(home, 'lockstep.db'), fileSystem: systemFileSystem, counters });
  context.after(() => file.close());
  const sessions = new HookedSessions(file, clock, afterState);
  const owners = new Owners(systemProcesses());
  return new RunDriver({
    sessions,
    leases: new HookedLeases(
      { sessions, leases: new SqliteLeaseStore(file, clock), owners, clock, counters },
      beforeRelease,
      beforeWrite,
    ),
    clock,
    logger: { log: () => undefined },
    agents: agentCatalogue({ env, home }),
    settings: { parallelSteps: 2, claimMs, problems: [] },
    logs: new RunLogs(home),
    env: {},
    onDidChange: (listener) => file.onDidChange(listener),
  });
}

class HookedSessions extends SqliteSessionStore {
  readonly #afterState: (session: Session) => Promise<unknown>;

  constructor(file: StoreFile, clock: Clock, afterState: (session: Session) => Promise<unknown>) {
    super(file, clock);
    this.#afterState = afterState;
  }

  override async state(id: string) {
    const state = await super.state(id);
    await this.#afterState(state.session);
    return state;
  }
}

class HookedLeases extends Leases {
  readonly #beforeRelease: () => Promise<unknown>;
  readonly #beforeWrite: (id: string) => Promise<unknown>;

  constructor(
    parts: LeaseParts,
    beforeRelease: () => Promise<unknown>,
    beforeWrite: (id: string) => Promise<unknown>,
  ) {
    super(parts);
    this.#beforeRelease = beforeRelease;
    this.#beforeWrite = beforeWrite;
  }

  override async write(target: WriteTarget, decide: Decide): Promise<Session> {
    await this.#beforeWrite(target.id);
    return super.write(target, decide);
  }

  override async release(token: string): Promise<boolean> {
    await this.#beforeRelease();
    return super.release(token);
  }
}
