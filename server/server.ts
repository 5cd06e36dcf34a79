import { join, resolve } from 'node:path';
import type { AgentLocks } from './domain/lockFinding.ts';
import { HealthChecks } from './health/healthChecks.ts';
import { registerSystemChecks } from './health/systemChecks.ts';
import { startAutoCleaner } from './locks/autoCleaner.ts';
import { LockCleaner } from './locks/cleaner.ts';
import { ClientLeases } from './locks/clientLeases.ts';
import { FileLocks } from './locks/fileLock.ts';
import { Leases } from './locks/leases.ts';
import { LockCatalogue } from './locks/lockCatalogue.ts';
import { LockFiles } from './locks/lockFiles.ts';
import { OpenclawLocks } from './locks/openclawLocks.ts';
import { lockSettings } from './locks/lockSettings.ts';
import { Owners } from './locks/owners.ts';
import { Client } from './methods/client.ts';
import { registerHealthMethods } from './methods/healthMethods.ts';
import { registerLeaseMethods } from './methods/leaseMethods.ts';
import { registerOpenclawMethods } from './methods/openclawMethods.ts';
import { registerOpenclawWriteMethods } from './methods/openclawWriteMethods.ts';
import { registerLockMethods } from './methods/lockMethods.ts';
import { Registry } from './methods/registry.ts';
import { registerMigrationMethods } from './methods/migrationMethods.ts';
import { Migrations } from './migration/migrations.ts';
import { registerSessionMethods } from './methods/sessionMethods.ts';
import { registerStoreMethods } from './methods/storeMethods.ts';
import { registerSourceMethods } from './methods/sourceMethods.ts';
import { registerTranscriptMethods } from './methods/transcriptMethods.ts';
import { registerWorkflowMethods } from './methods/workflowMethods.ts';
import { systemClock } from './platform/clock.ts';
import { Counters } from './platform/counters.ts';
import type { Disposable } from './platform/disposable.ts';
import { linuxFlockHolder } from './platform/fileLocks.ts';
import { systemFileSystem } from './platform/fileSystem.ts';
import type { Logger } from './platform/logger.ts';
import type { Processes } from './platform/processes.ts';
import { systemProcesses } from './platform/systemProcesses.ts';
import type { SourceKind } from './protocol/sourceSession.ts';
import { claudeLocks } from './sources/claudeCode/locks.ts';
import { claudeCodeConfigDir, createClaudeCodeSource } from './sources/claudeCode/source.ts';
import { codexHome, codexLocks } from './sources/codex/locks.ts';
import { openclawLocks, openclawStateDir } from './sources/openclaw/locks.ts';
import { LiveGateways } from './sources/openclaw/liveGateway.ts';
import { sessionCacheTtlMs, SessionsFiles } from './sources/openclaw/sessionsJson.ts';
import { createOpenclawSource } from './sources/openclaw/source.ts';
import { SessionWrites } from './sources/openclaw/sessionWrites.ts';
import { StateDirectories } from './sources/openclaw/stateDirectory.ts';
import { StoreWriter } from './sources/openclaw/storeWriter.ts';
import { TranscriptEnds } from './sources/openclaw/transcripts.ts';
import { opencodeLocks, opencodeStateDir } from './sources/opencode/locks.ts';
import { piLocks } from './sources/pi/locks.ts';
import { createPiSource, piAgentDir } from './sources/pi/source.ts';
import type { SessionSource } from './sources/source.ts';
import { Backups } from './store/backups.ts';
import { startHousekeeping } from './store/housekeeping.ts';
import { StoreRecovery } from './store/storeRecovery.ts';
import { SqliteLeaseStore } from './store/sqliteLeaseStore.ts';
import { SqliteSessionStore } from './store/sqliteSessionStore.ts';
import { StoreFile } from './store/storeFile.ts';
import { agentCatalogue } from './workflows/agents/agentCatalogue.ts';
import { launchRunner } from './workflows/run/launchRunner.ts';
import { RunDriver } from './workflows/run/runDriver.ts';
import type { RunEnd } from './workflows/run/runner.ts';
import { RunLogs } from './workflows/run/runLogs.ts';
import { RunLooks } from './workflows/run/runLooks.ts';
import { Runs } from './workflows/run/runs.ts';
import { runSettings, shellEnvironment } from './workflows/run/runSettings.ts';
import { RunSweeper } from './workflows/run/runSweeper.ts';

export interface ServerOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Absolute path of the user's home folder. */
  readonly userHome: string;
  readonly logger: Logger;
}

export interface Server extends Disposable {
  readonly registry: Registry;
  /** A client that is connected for some time. `onLost` is told the session of a lease that was taken over. */
  readonly connect: (onLost?: (session: string) => void) => Client;
  readonly onDidChange: (listener: (revision: number) => void) => Disposable;
  readonly onSourcesDidChange: (listener: (kinds: SourceKind[]) => void) => Disposable;
  /**
   * Drives a run in this process until it ends, parks or is paused; `left` where the signal was aborted before.
   * @throws LockstepError SESSION_LOCKED where another process drives it
   */
  readonly drive: (run: string, signal: AbortSignal) => Promise<RunEnd | 'left'>;
  /** Cleans stale locks from now on, as the settings say: for a server that runs for long. */
  readonly cleanLocks: () => Disposable;
  /** Ends what killed runs have left at work, once. Never rejects. */
  readonly sweepRuns: () => Promise<void>;
  /** The same from now on: for a server that runs for long. */
  readonly keepSweepingRuns: () => Disposable;
}

/** Builds everything that stands behind the doors, by plain arguments. */
export function createServer({ env, userHome, logger }: ServerOptions): Server {
  const clock = systemClock;
  const counters = new Counters();
  const processes = systemProcesses();
  const home = lockstepHome(env, userHome);

  const file = new StoreFile({ path: join(home, 'lockstep.db'), fileSystem: systemFileSystem, counters });
  const sessions = new SqliteSessionStore(file, clock);
  const leaseStore = new SqliteLeaseStore(file, clock);

  const backups = new Backups(file, clock);
  const recovery = new StoreRecovery({ path: file.path, fileSystem: systemFileSystem, clock });

  const settings = lockSettings(env, userHome);
  const ownFolder = join(home, 'locks');
  const owners = new Owners(processes);
  const files = new LockFiles({ owners, processes, clock, ownFolder, sharedRoots: settings.sharedRoots });
  const leases = new Leases({ sessions, leases: leaseStore, owners, clock, counters });
  const agents = createAgentLocks(env, userHome, processes);
  const catalogue = new LockCatalogue({
    leases: leaseStore,
    owners,
    files,
    ownFolder,
    agents,
    roots: settings.roots,
    problems: settings.problems,
    clock,
  });
  const fileLocks = new FileLocks({ folder: ownFolder, owners, files, counters, waitMs: settings.waitMs });
  const cleaner = new LockCleaner({ catalogue, files, leases, fileLocks, ownFolder, counters });

  const stateDir = openclawStateDir(env, userHome);
  const sessionsFiles = new SessionsFiles({ clock, ttlMs: sessionCacheTtlMs(env) });
  const directories = new StateDirectories(sessionsFiles, userHome);
  const ends = new TranscriptEnds();
  const gateways = new LiveGateways({ processes });
  const openclaw = createOpenclawSource({ stateDir, userHome, directories, ends, processes, gateways });
  const sources = createSources(env, userHome, processes, openclaw);
  const checks = new HealthChecks(clock, counters);
  registerSystemChecks(checks, { file, folder: home, sources, catalogue });

  const registry = new Registry(logger);
  registerSessionMethods(registry, sessions, leases, clock);
  registerLeaseMethods(registry, leases);
  registerLockMethods(registry, catalogue, cleaner);
  registerHealthMethods(registry, checks);
  registerStoreMethods(registry, backups, recovery);
  registerSourceMethods(registry, sources);
  registerTranscriptMethods(registry, sessions, sources);
  registerOpenclawMethods(registry, { directories, ends, stateDir, clock });
  const fileEraLocks = new OpenclawLocks({ owners, files, clock, counters, waitMs: settings.waitMs });
  const writer = new StoreWriter(fileEraLocks, sessionsFiles);
  const writes = new SessionWrites({
    directories,
    writer,
    locks: fileEraLocks,
    gateways,
    clock,
  });
  registerOpenclawWriteMethods(registry, { writes, stateDir });
  const migrations = new Migrations({
    store: sessions,
    home,
    userHome,
    agents: sources,
    stateDir,
    writer,
    gateways,
    fileLocks,
    clock,
  });
  registerMigrationMethods(registry, migrations);

  const runAgents = agentCatalogue({ env, home });
  const runsAs = runSettings(env);
  for (const problem of runsAs.problems) logger.log('warn', problem);
  const logs = new RunLogs(home);
  const sweeper = new RunSweeper({ sessions, leases, logs, logger });
  const looks = new RunLooks({
    sessions,
    leases,
    agents: runAgents,
    clock,
    remarks: async (run) => ({ reason: await logs.reason(run), doubt: sweeper.doubt(run) }),
  });
  const driver = new RunDriver({
    sessions,
    leases,
    clock,
    logger,
    agents: runAgents,
    settings: runsAs,
    logs,
    env: shellEnvironment(env),
    onDidChange: (listener) => file.onDidChange(listener),
  });
  const launch = { env, home, endsWithUs: runsAs.endWithWindow, logs };
  const runs = new Runs({
    sessions,
    leases,
    clock,
    agents: runAgents,
    looks,
    driver,
    launch: (id, isTaken) => launchRunner(id, launch, isTaken),
  });
  registerWorkflowMethods(registry, { agents: runAgents, leases, looks, runs });

  const running = new Set<Disposable>();
  let housekeeping: Disposable | undefined;
  return {
    registry,
    connect: (onLost) => {
      // Whoever stays connected runs for long enough to keep house.
      housekeeping ??= startHousekeeping({ sessions, backups, clock, logger });
      return new Client(registry, new ClientLeases(leases, logger, onLost));
    },
    onDidChange: (listener) => file.onDidChange(listener),
    onSourcesDidChange: (listener) => {
      const own = sources.map((source) => source.watch(() => listener([source.kind])));
      for (const watch of own) running.add(watch);
      return { dispose: () => own.forEach((watch) => watch.dispose()) };
    },
    drive: (run, signal) => driver.drive(run, signal),
    cleanLocks: () => {
      const cleaning = startAutoCleaner(cleaner, settings.autoClean, logger);
      running.add(cleaning);
      return cleaning;
    },
    sweepRuns: () => sweeper.sweep(),
    keepSweepingRuns: () => {
      const sweeping = sweeper.start();
      running.add(sweeping);
      return sweeping;
    },
    dispose() {
      for (const one of running) one.dispose();
      housekeeping?.dispose();
      file.close();
    },
  };
}

/** The agents whose sessions are read: one line each. */
function createSources(
  env: NodeJS.ProcessEnv,
  userHome: string,
  processes: Processes,
  openclaw: SessionSource,
): readonly SessionSource[] {
  return [
    openclaw,
    createClaudeCodeSource({ configDir: claudeCodeConfigDir(env, userHome), processes }),
    createPiSource({ agentDir: piAgentDir(env, userHome) }),
  ];
}

/** The agents whose locks are shown: one line each. */
function createAgentLocks(
  env: NodeJS.ProcessEnv,
  userHome: string,
  processes: Processes,
): readonly AgentLocks[] {
  return [
    openclawLocks(openclawStateDir(env, userHome)),
    claudeLocks(claudeCodeConfigDir(env, userHome), processes),
    codexLocks(codexHome(env, userHome), linuxFlockHolder),
    opencodeLocks(opencodeStateDir(env, userHome), processes),
    piLocks(piAgentDir(env, userHome)),
  ];
}

/** The folder of the store: `$LOCKSTEP_HOME`, `~/.lockstep` if unset. */
function lockstepHome(env: NodeJS.ProcessEnv, userHome: string): string {
  const set = env['LOCKSTEP_HOME'];
  return set === undefined || set === '' ? join(userHome, '.lockstep') : resolve(set);
}
