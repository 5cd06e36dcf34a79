import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { Registry } from './methods/registry.ts';
import { registerSessionMethods } from './methods/sessionMethods.ts';
import { registerSourceMethods } from './methods/sourceMethods.ts';
import { registerTranscriptMethods } from './methods/transcriptMethods.ts';
import type { Clock } from './platform/clock.ts';
import type { Disposable } from './platform/disposable.ts';
import type { FileSystemProbe } from './platform/fileSystem.ts';
import type { Logger } from './platform/logger.ts';
import type { SourceKind } from './protocol/sourceSession.ts';
import type { SessionSource } from './sources/source.ts';
import { SqliteSessionStore } from './store/sqliteSessionStore.ts';

export interface ServerOptions {
  /** Absolute path of the folder of the store. */
  readonly home: string;
  readonly sources: readonly SessionSource[];
  readonly clock: Clock;
  readonly fileSystem: FileSystemProbe;
  readonly logger: Logger;
}

export interface Server extends Disposable {
  readonly registry: Registry;
  onDidChange(listener: (revision: number) => void): Disposable;
  onSourcesDidChange(listener: (kinds: SourceKind[]) => void): Disposable;
}

/** Builds everything that stands behind the doors, by plain arguments. */
export function createServer({ home, sources, clock, fileSystem, logger }: ServerOptions): Server {
  const store = new SqliteSessionStore({ path: join(home, 'lockstep.db'), clock, fileSystem });
  const registry = new Registry(logger);
  registerSessionMethods(registry, store, clock);
  registerSourceMethods(registry, sources);
  registerTranscriptMethods(registry, store, sources);
  const watches = new Set<Disposable>();
  return {
    registry,
    onDidChange: (listener) => store.onDidChange(listener),
    onSourcesDidChange(listener) {
      const own = sources.map((source) => source.watch(() => listener([source.kind])));
      for (const watch of own) watches.add(watch);
      return { dispose: () => own.forEach((watch) => watch.dispose()) };
    },
    dispose() {
      for (const watch of watches) watch.dispose();
      store.close();
    },
  };
}

/** The folder of the store: `$LOCKSTEP_HOME`, `~/.lockstep` if unset. */
export function lockstepHome(env: NodeJS.ProcessEnv): string {
  const set = env['LOCKSTEP_HOME'];
  if (set === undefined || set === '') return join(homedir(), '.lockstep');
  return isAbsolute(set) ? set : resolve(set);
}
