import { v7 as uuidv7 } from 'uuid';
import * as state from '../domain/sessionState.ts';
import { remaining } from '../domain/budget.ts';
import type { Clock } from '../platform/clock.ts';
import * as history from '../protocol/sessionHistoryMethods.ts';
import * as lifecycle from '../protocol/sessionLifecycleMethods.ts';
import * as query from '../protocol/sessionQueryMethods.ts';
import * as copies from '../protocol/sessionCopyMethods.ts';
import * as trash from '../protocol/sessionTrashMethods.ts';
import { parseExport } from '../domain/sessionExport.ts';
import type { Leases } from '../locks/leases.ts';
import type { SessionStore } from '../store/sessionStore.ts';
import { inTurns } from './inTurns.ts';
import { cleanUp } from './sessionCleanup.ts';
import { exportPart } from './sessionExport.ts';
import type { Registry } from './registry.ts';

export function registerSessionMethods(
  registry: Registry,
  store: SessionStore,
  leases: Leases,
  clock: Clock,
): void {
  registry.register(lifecycle.sessionsStart, (params) =>
    store.create(state.start(params, uuidv7(), clock.now())),
  );

  // Control calls never need a lease.
  registry.register(lifecycle.sessionsPause, (params) => leases.control(params.id, state.pause(params)));
  registry.register(lifecycle.sessionsResume, (params) => leases.control(params.id, state.resume(params)));
  registry.register(lifecycle.sessionsUpdate, (params) => leases.control(params.id, state.update(params)));
  registry.register(lifecycle.sessionsArchive, ({ id }) => leases.control(id, state.archive));
  registry.register(lifecycle.sessionsUnarchive, ({ id }) => leases.control(id, state.unarchive));

  // All others are the holder's while somebody holds the session.
  registry.register(lifecycle.sessionsIterate, (params) => leases.write(params, state.iterate(params)));
  registry.register(lifecycle.sessionsEndIteration, (params) =>
    leases.write(params, state.endIteration(params)),
  );
  registry.register(lifecycle.sessionsComplete, (params) => leases.write(params, state.complete(params)));
  registry.register(lifecycle.sessionsFail, (params) => leases.write(params, state.fail(params)));
  registry.register(history.sessionsUpdateContext, (params) =>
    leases.write(params, state.updateContext(params)),
  );
  registry.register(history.sessionsRecordToolCall, (params) =>
    leases.write(params, state.recordToolCall(params)),
  );
  registry.register(history.sessionsRecordLearning, (params) =>
    leases.write(params, state.recordLearning(params)),
  );
  registry.register(history.sessionsAddMessage, (params) => leases.write(params, state.addMessage(params)));
  registry.register(history.sessionsAddEvent, (params) =>
    leases.write(params, state.addCallersEvent(params)),
  );

  registry.register(trash.sessionsRemove, (params) => leases.remove(params));
  registry.register(trash.sessionsRestore, ({ id }) => store.restore(id));
  registry.register(trash.sessionsCleanup, (params) => cleanUp(params, store, clock));

  registry.register(copies.sessionsFork, ({ id, atSeq }) => store.fork(id, atSeq, uuidv7()));
  registry.register(copies.sessionsExport, (params) => exportPart(params, store));
  registry.register(copies.sessionsImport, async ({ content }) => ({
    sessions: await store.import(await inTurns(parseExport(content, clock.now())), uuidv7),
  }));

  registry.register(history.sessionsEvents, (params) => store.events(params));
  registry.register(history.sessionsContext, async ({ id, recent }) => {
    const session = await store.get(id);
    const { task, mode, iterations, maxIterations, context } = session;
    return {
      task,
      mode,
      iterations,
      maxIterations,
      remaining: remaining(session),
      context,
      recentHistory: await store.lastEvents(id, recent),
      summaries: await store.lastEvents(id, 1000, { type: 'summary' }),
    };
  });

  registry.register(query.sessionsGet, ({ id }) => store.get(id));
  registry.register(query.sessionsIsResumable, async ({ id }) => state.isResumable(await store.get(id)));
  registry.register(query.sessionsFind, (params) => store.find(params));
  registry.register(query.sessionsChanges, (params) => store.changes(params));
  registry.register(query.sessionsCounts, () => store.counts());
  registry.register(query.sessionsStats, (params) => store.stats(params));
}
