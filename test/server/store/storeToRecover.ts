import { join } from 'node:path';
import type { TestContext } from 'node:test';
import * as state from '../../../server/domain/sessionState.ts';
import { systemClock } from '../../../server/platform/clock.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { systemFileSystem } from '../../../server/platform/fileSystem.ts';
import type { CallParamsOf } from '../../../server/protocol/method.ts';
import { sessionsFind } from '../../../server/protocol/sessionQueryMethods.ts';
import { storeRecover } from '../../../server/protocol/storeMethods.ts';
import { SqliteSessionStore } from '../../../server/store/sqliteSessionStore.ts';
import { StoreFile } from '../../../server/store/storeFile.ts';
import { StoreRecovery } from '../../../server/store/storeRecovery.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { firstStep } from './conformance.ts';

/** Asks for all sessions that are out of the trash. */
export const everything = sessionsFind.params.parse({ archived: true, limit: 500 });

export function openAt(t: TestContext, path: string) {
  const file = new StoreFile({ path, fileSystem: systemFileSystem, counters: new Counters() });
  t.after(() => file.close());
  return { file, store: new SqliteSessionStore(file, systemClock) };
}

/** A store with `sessions` sessions and an event in each beside its first, and how it is recovered. */
export async function newStore(t: TestContext, sessions = 20) {
  const folder = await tempFolder(t);
  const path = join(folder, 'lockstep.db');
  const { file, store } = openAt(t, path);
  const ids: string[] = [];
  for (let index = 0; index < sessions; index++) {
    const { id } = await store.create(firstStep({ task: `Task ${index} ${'x'.repeat(500)}` }));
    await store.update(id, state.addMessage({ id, role: 'user', content: 'Hello' }));
    ids.push(id);
  }
  const recovery = new StoreRecovery({ path, fileSystem: systemFileSystem, clock: systemClock });
  return {
    folder,
    path,
    file,
    store,
    ids: ids.sort(),
    recover: (more: CallParamsOf<typeof storeRecover> = {}) =>
      recovery.recover(storeRecover.params.parse(more)),
  };
}

/** Of all sessions that are out of the trash, in order. */
export const idsIn = async (store: SqliteSessionStore) =>
  (await store.find(everything)).sessions.map(({ id }) => id).sort();
