import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { systemClock } from '../../../server/platform/clock.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { systemFileSystem, type FileSystemProbe } from '../../../server/platform/fileSystem.ts';
import { SqliteSessionStore } from '../../../server/store/sqliteSessionStore.ts';
import { StoreFile } from '../../../server/store/storeFile.ts';
import { runCommand } from '../../support/command.ts';
import { tempFolder } from '../../support/tempFolder.ts';

export function openAt(
  t: TestContext,
  path: string,
  fileSystem: FileSystemProbe = systemFileSystem,
): SqliteSessionStore {
  return new SqliteSessionStore(fileAt(t, path, fileSystem), systemClock);
}

export function fileAt(
  t: TestContext,
  path: string,
  fileSystem: FileSystemProbe = systemFileSystem,
): StoreFile {
  const file = new StoreFile({ path, fileSystem, counters: new Counters() });
  t.after(() => file.close());
  return file;
}

/** A store in a home of its own, which is made with its first call. */
export async function newStore(
  t: TestContext,
): Promise<{ store: SqliteSessionStore; file: StoreFile; path: string }> {
  const path = join(await tempFolder(t), 'home', 'lockstep.db');
  const file = fileAt(t, path);
  return { store: new SqliteSessionStore(file, systemClock), file, path };
}

/** Starts a session in a process of its own; `unprivileged`: without root's power over permissions. */
export const start = (home: string, unprivileged = false) =>
  runCommand(['call', 'sessions.start', '{"task":"t","mode":"m"}'], {
    env: { LOCKSTEP_HOME: home },
    unprivileged,
  });
