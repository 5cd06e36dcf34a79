import { join, resolve } from 'node:path';
import { Registry } from './methods/registry.ts';
import { registerSessionMethods } from './methods/sessionMethods.ts';
import { registerSourceMethods } from './methods/sourceMethods.ts';
import { registerTranscriptMethods } from './methods/transcriptMethods.ts';
import { systemClock } from './platform/clock.ts';
import type { Disposable } from './platform/disposable.ts';
import { systemFileSystem } from './platform/fileSystem.ts';
import { isSameProcess } from './platform/processes.ts';
import type { Logger } from './platform/logger.ts';
import type { SourceKind } from './protocol/sourceSession.ts';
import type { SessionSource } from './sources/source.ts';
import { claudeCodeConfigDir, createClaudeCodeSource } from './sources/claudeCode/source.ts';
import { createPiSource, piAgentDir } from './sources/pi/source.ts';
import { SqliteSessionStore } from './store/sqliteSessionStore.ts';

export interface ServerOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Absolute path of the user's home folder. */
  readonly userHome: string;
  readonly logger: Logger;
}

export interface Server extends Disposable {
  readonly registry: Registry;
  readonly onDidChange: (listener: (revision: number) => void) => Disposable;
  readonly onSourcesDidChange: (listener: (kinds: SourceKind[]) => void) => Disposable;
}

/** Builds everything that stands behind the doors, by plain arguments. */
export function createServer({ env, userHome, logger }: ServerOptions): Server {
  const clock = systemClock;
  const path = join(lockstepHome(env, userHome), 'lockstep.db');
  const store = new SqliteSessionStore({ path, clock, fileSystem: systemFileSystem });
  const sources = createSources(env, userHome);
  const registry = new Registry(logger);
  registerSessionMethods(registry, store, clock);
  registerSourceMethods(registry, sources);
  registerTranscriptMethods(registry, store, sources);
  const watches = new Set<Disposable>();
  return {
    registry,
    onDidChange: (listener) => store.onDidChange(listener),
    onSourcesDidChange: (listener) => {
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

/** The agents whose sessions are read: one line each. */
function createSources(env: NodeJS.ProcessEnv, userHome: string): readonly SessionSource[] {
  return [
    createClaudeCodeSource({ configDir: claudeCodeConfigDir(env, userHome), isSameProcess }),
    createPiSource({ agentDir: piAgentDir(env, userHome) }),
  ];
}

/** The folder of the store: `$LOCKSTEP_HOME`, `~/.lockstep` if unset. */
function lockstepHome(env: NodeJS.ProcessEnv, userHome: string): string {
  const set = env['LOCKSTEP_HOME'];
  return set === undefined || set === '' ? join(userHome, '.lockstep') : resolve(set);
}
