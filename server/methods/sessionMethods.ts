import { v7 as uuidv7 } from 'uuid';
import * as state from '../domain/sessionState.ts';
import { remaining } from '../domain/budget.ts';
import type { Clock } from '../platform/clock.ts';
import * as history from '../protocol/sessionHistoryMethods.ts';
import * as lifecycle from '../protocol/sessionLifecycleMethods.ts';
import * as query from '../protocol/sessionQueryMethods.ts';
import type { SessionStore } from '../store/sessionStore.ts';
import type { Registry } from './registry.ts';

export function registerSessionMethods(registry: Registry, store: SessionStore, clock: Clock): void {
  registry.register(lifecycle.sessionsStart, (params) =>
    store.create(state.start(params, uuidv7(), clock.now())),
  );
  registry.register(lifecycle.sessionsIterate, (params) => store.update(params.id, state.iterate(params)));
  registry.register(lifecycle.sessionsEndIteration, (params) =>
    store.update(params.id, state.endIteration(params)),
  );
  registry.register(lifecycle.sessionsPause, (params) => store.update(params.id, state.pause(params)));
  registry.register(lifecycle.sessionsResume, (params) => store.update(params.id, state.resume(params)));
  registry.register(lifecycle.sessionsComplete, (params) => store.update(params.id, state.complete(params)));
  registry.register(lifecycle.sessionsFail, (params) => store.update(params.id, state.fail(params)));
  registry.register(lifecycle.sessionsUpdate, (params) => store.update(params.id, state.update(params)));
  registry.register(lifecycle.sessionsArchive, ({ id }) => store.update(id, state.archive));
  registry.register(lifecycle.sessionsUnarchive, ({ id }) => store.update(id, state.unarchive));

  registry.register(history.sessionsUpdateContext, (params) =>
    store.update(params.id, state.updateContext(params)),
  );
  registry.register(history.sessionsRecordToolCall, (params) =>
    store.update(params.id, state.recordToolCall(params)),
  );
  registry.register(history.sessionsRecordLearning, (params) =>
    store.update(params.id, state.recordLearning(params)),
  );
  registry.register(history.sessionsAddMessage, (params) =>
    store.update(params.id, state.addMessage(params)),
  );
  registry.register(history.sessionsAddEvent, (params) => store.update(params.id, state.addEvent(params)));
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
  registry.register(query.sessionsStats, (params) => store.stats(params));
}
