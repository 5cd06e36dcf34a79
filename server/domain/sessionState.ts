import type { JsonObject } from '../protocol/json.ts';
import { jsonBytes, MAX_JSON_BYTES } from '../protocol/json.ts';
import type { ParamsOf } from '../protocol/method.ts';
import { MAX_ITERATIONS, MAX_TOOLS_USED, type Session, type SessionStatus } from '../protocol/session.ts';
import type * as history from '../protocol/sessionHistoryMethods.ts';
import type * as lifecycle from '../protocol/sessionLifecycleMethods.ts';
import { charge, raise, remaining } from './budget.ts';
import { added, afterUsage, usageOfIteration } from './counting.ts';
import { actionLabels } from './errorActions.ts';
import { LockstepError } from './errors.ts';
import { mergePatch } from './mergePatch.ts';
import { RUN_EVENTS, RUN_KIND } from './workflowPlan.ts';
import {
  defined,
  event,
  sized,
  step,
  timeAfter,
  type Decide,
  type NewEvent,
  type SessionState,
  type Step,
} from './sessionStep.ts';

const noTokens = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 };
const LIVE: readonly SessionStatus[] = ['active', 'paused', 'timeout'];

/** A new session with an id that was not used before. `revision` is the store's to set. */
export function start(params: ParamsOf<typeof lifecycle.sessionsStart>, id: string, now: number): Step {
  const at = new Date(now).toISOString();
  const { task, mode, maxIterations, kind, title, context, metadata, ...optional } = params;
  const session: Session = {
    id,
    kind,
    title: title ?? titleOf(task),
    mode,
    task,
    status: 'active',
    iterations: 0,
    maxIterations,
    ...defined(optional),
    context,
    tokens: noTokens,
    toolCalls: 0,
    errors: 0,
    messages: 0,
    toolsUsed: [],
    blockedActions: [],
    metadata,
    pausing: false,
    revision: 0,
    createdAt: at,
    updatedAt: at,
  };
  return {
    session,
    iterationOpen: false,
    pauseReason: undefined,
    events: [event('start', startData(session), 'task')],
  };
}

/**
 * The context belongs to the history: a fork has the one of its time. One that would not fit beside the task is told by
 * its size alone.
 */
function startData({ task, mode, maxIterations, context }: Session): JsonObject {
  const data = { task, mode, maxIterations };
  const whole = { ...data, context };
  return jsonBytes(whole) <= MAX_JSON_BYTES ? whole : { ...data, contextBytes: jsonBytes(context) };
}

export function iterate(params: ParamsOf<typeof lifecycle.sessionsIterate>): Decide {
  return (state, now) => {
    const { session } = state;
    if (session.status === 'timeout') throw iterationLimit(session);
    allow('iterate', session, ['active']);
    if (session.pausing) return pauseNow(state, now);
    const charged = charge(session);
    if (!charged) {
      const { iterations, maxIterations } = session;
      return step(state, now, { status: 'timeout' }, [event('timeout', { iterations, maxIterations })], {
        iterationOpen: false,
      });
    }
    return step(state, now, charged, [event('iteration', params.data)], { iterationOpen: true });
  };
}

export function endIteration(params: ParamsOf<typeof lifecycle.sessionsEndIteration>): Decide {
  return (state, now) => {
    allow('end an iteration of', state.session, ['active']);
    if (!state.iterationOpen) {
      throw new LockstepError(
        'ILLEGAL_TRANSITION',
        `Session ${state.session.id} has no running iteration to end: begin one with sessions.iterate.`,
        { details: { id: state.session.id, from: state.session.status } },
      );
    }
    const { outcome } = params;
    const data = { ...params.data, ...defined({ outcome, usage: params.usage }) };
    // Of what is kept, as whoever goes through the history again counts it.
    const usage = usageOfIteration(data);
    const used = usage === undefined ? {} : afterUsage(state.session, usage);
    const ended = step(state, now, used, [event('iteration_end', data)], { iterationOpen: false });
    return state.session.pausing ? followedBy(ended, pauseNow(ended, now)) : ended;
  };
}

/**
 * Work in flight is never cut: while somebody drives an active session, the pause is left for them to carry out, at
 * the end of their iteration or the beginning of the next.
 */
export function pause(params: ParamsOf<typeof lifecycle.sessionsPause>): Decide {
  return (state, now, isLeased) => {
    allow('pause', state.session, ['active', 'timeout'], 'paused');
    const pauseReason = params.reason ?? state.pauseReason;
    if (!isLeased || state.session.status !== 'active') return pauseNow({ ...state, pauseReason }, now);
    if (state.session.pausing && pauseReason === state.pauseReason) return { ...state, events: [] };
    const request = event('update', { pausing: true, ...defined({ reason: params.reason }) }, 'reason');
    return step(state, now, { pausing: true }, [request], { pauseReason });
  };
}

/** When nobody drives a session any more, a pause that was left for them is carried out. */
export function settlePause(state: SessionState, now: number): Step {
  return state.session.pausing ? pauseNow(state, now) : { ...state, events: [] };
}

/**
 * A step that somebody else takes because the holder was proved dead. A pause that was left for the holder is carried
 * out with it: nobody else is there to do so.
 */
export function inPlaceOfTheDead(decide: Decide): Decide {
  return (state, now, isLeased) => {
    const taken = decide(state, now, isLeased);
    return isLeased ? taken : followedBy(taken, settlePause(taken, now));
  };
}

export function resume(params: ParamsOf<typeof lifecycle.sessionsResume>): Decide {
  return (state, now) => {
    const { addIterations, reason } = params;
    const isWithdrawal = state.session.status === 'active' && state.session.pausing;
    if (!isWithdrawal) allow('resume', state.session, ['paused', 'timeout'], 'active');
    const budget = addIterations === undefined ? state.session : raise(state.session, addIterations);
    if (remaining(budget) === 0 && !isWithdrawal) throw iterationLimit(state.session);
    const { maxIterations } = budget;
    return step(
      state,
      now,
      { status: 'active', maxIterations, pausing: false },
      [event('resume', defined({ reason, addIterations }))],
      { pauseReason: undefined },
    );
  };
}

export function complete(params: ParamsOf<typeof lifecycle.sessionsComplete>): Decide {
  return (state, now) => {
    allow('complete', state.session, LIVE, 'completed');
    const result = defined({ result: params.result });
    return end(state, now, { status: 'completed', ...result }, event('complete', result, 'result'));
  };
}

export function fail(params: ParamsOf<typeof lifecycle.sessionsFail>): Decide {
  return (state, now) => {
    allow('fail', state.session, LIVE, 'failed');
    const { error } = params;
    const changes = { status: 'failed' as const, error, errors: added(state.session.errors, 1) };
    return end(state, now, changes, event('error', { error }, 'error'));
  };
}

/** Uniqueness of the label is the store's to hold: it alone sees the other sessions. */
export function update(params: ParamsOf<typeof lifecycle.sessionsUpdate>): Decide {
  return (state, now) => {
    const { title, label, addIterations, metadata } = params;
    mustKeepPlan(state.session, metadata);
    const { label: oldLabel, ...rest } = state.session;
    const kept = label === undefined ? oldLabel : (label ?? undefined);
    const session: Session = { ...rest, ...defined({ label: kept }) };
    const { maxIterations } = addIterations === undefined ? session : raise(session, addIterations);
    const changes = {
      maxIterations,
      ...defined({ title }),
      ...(metadata ? { metadata: sized('metadata', mergePatch(session.metadata, metadata)) } : {}),
    };
    return step({ ...state, session }, now, changes, [
      event('update', defined({ title, label, addIterations, metadata }), 'metadata'),
    ]);
  };
}

/**
 * The metadata of a run hold what it is made of: without its plan, no runner could go on with it, and nobody end it.
 * @throws LockstepError INVALID_PARAMS
 */
function mustKeepPlan({ id, kind }: Session, metadata: JsonObject | undefined): void {
  if (kind !== RUN_KIND || metadata === undefined || !Object.hasOwn(metadata, 'plan')) return;
  throw new LockstepError(
    'INVALID_PARAMS',
    `metadata: session ${id} is a run of a workflow, and its plan stays as it was when it began. Change the file, and start a new run.`,
    { details: { param: 'metadata', id } },
  );
}

export function archive(state: SessionState, now: number): Step {
  if (state.session.archivedAt !== undefined) return { ...state, events: [] };
  const archivedAt = timeAfter(state.session, now);
  return step(state, now, { archivedAt }, [event('update', { archived: true })]);
}

export function unarchive(state: SessionState, now: number): Step {
  const { archivedAt, ...session } = state.session;
  if (archivedAt === undefined) return { ...state, events: [] };
  return step({ ...state, session }, now, {}, [event('update', { archived: false })]);
}

export function updateContext(params: ParamsOf<typeof history.sessionsUpdateContext>): Decide {
  return (state, now) => {
    allow('update the context of', state.session, LIVE);
    const context = sized('context', mergePatch(state.session.context, params.patch));
    return step(state, now, { context }, [event('update', { context: params.patch }, 'patch')]);
  };
}

export function recordToolCall(params: ParamsOf<typeof history.sessionsRecordToolCall>): Decide {
  return (state, now) => {
    allow('record a tool call in', state.session, LIVE);
    const { id: _, lease: _lease, ...call } = params;
    const { toolCalls, toolsUsed } = state.session;
    const isNew = toolsUsed.length < MAX_TOOLS_USED && !toolsUsed.includes(call.name);
    const changes = {
      toolCalls: added(toolCalls, 1),
      toolsUsed: isNew ? [...toolsUsed, call.name] : toolsUsed,
    };
    return step(state, now, changes, [event('tool_call', defined(call), 'input and output')]);
  };
}

export function recordLearning(params: ParamsOf<typeof history.sessionsRecordLearning>): Decide {
  return (state, now) => {
    allow('record a learning in', state.session, LIVE);
    const { insight, expertiseFile } = params;
    return step(state, now, {}, [event('learning', defined({ insight, expertiseFile }), 'insight')]);
  };
}

export function addMessage(params: ParamsOf<typeof history.sessionsAddMessage>): Decide {
  return (state, now) => {
    allow('add a message to', state.session, LIVE);
    const { role, content, usage, metadata } = params;
    const { messages } = state.session;
    const changes = { messages: added(messages, 1), ...(usage ? afterUsage(state.session, usage) : {}) };
    return step(state, now, changes, [
      event('message', defined({ role, content, usage, metadata }), 'content and metadata'),
    ]);
  };
}

export function addEvent(params: ParamsOf<typeof history.sessionsAddEvent>): Decide {
  return (state, now) => {
    allow('add an event to', state.session, LIVE);
    const changes = params.type === 'error' ? { errors: added(state.session.errors, 1) } : {};
    return step(state, now, changes, [event(params.type, params.data)]);
  };
}

/**
 * As {@link addEvent}, for those who only call Lockstep. The events that a run is made of are for its own processes to
 * write: others have its methods, which say what fits.
 * @throws LockstepError INVALID_PARAMS
 */
export function addCallersEvent(params: ParamsOf<typeof history.sessionsAddEvent>): Decide {
  return (state, now, isLeased) => {
    const { id, kind, metadata } = state.session;
    if (kind === RUN_KIND && Object.hasOwn(metadata, 'plan') && params.type.startsWith(RUN_EVENTS))
      throw new LockstepError(
        'INVALID_PARAMS',
        `type: session ${id} is a run of a workflow, whose ${params.type} events are its own. Use runs.continue, runs.pause, runs.stop or runs.answer; or a type of your own.`,
        { details: { param: 'type', id } },
      );
    return addEvent(params)(state, now, isLeased);
  };
}

export function isResumable(session: Session): { resumable: boolean; reason?: string } {
  switch (session.status) {
    case 'active':
      return { resumable: false, reason: 'It is active already.' };
    case 'completed':
    case 'failed':
      return { resumable: false, reason: `It is ${session.status}, which is final.` };
    case 'paused':
    case 'timeout':
      return remaining(session) > 0
        ? { resumable: true }
        : { resumable: true, reason: 'Its iterations are used up: resume it with addIterations.' };
  }
}

function end(state: SessionState, now: number, changes: Partial<Session>, last: NewEvent): Step {
  const ended = { ...changes, pausing: false, endedAt: timeAfter(state.session, now) };
  return step(state, now, ended, [last], { iterationOpen: false, pauseReason: undefined });
}

function pauseNow(state: SessionState, now: number): Step {
  const paused = event('pause', defined({ reason: state.pauseReason }), 'reason');
  return step(state, now, { status: 'paused', pausing: false }, [paused], { pauseReason: undefined });
}

function followedBy(first: Step, second: Step): Step {
  return { ...second, events: [...first.events, ...second.events] };
}

/** `to` is the status that the step leads to; the session's own where it stays as it is. */
function allow(verb: string, session: Session, from: readonly SessionStatus[], to?: SessionStatus): void {
  if (from.includes(session.status)) return;
  throw new LockstepError(
    'ILLEGAL_TRANSITION',
    `Cannot ${verb} session ${session.id}: it is ${session.status}, and must be ${from.join(' or ')}.`,
    { details: { id: session.id, from: session.status, to: to ?? session.status, allowedFrom: [...from] } },
  );
}

function iterationLimit(session: Session): LockstepError {
  const { id, iterations, maxIterations } = session;
  const left = remaining(session);
  if (left > 0) {
    return new LockstepError(
      'ITERATION_LIMIT',
      `Session ${id} stopped at its limit; it has ${left} iterations now: resume it first.`,
      {
        details: { id, iterations, maxIterations },
        actions: [{ kind: 'command', label: actionLabels.resume, method: 'sessions.resume', params: { id } }],
      },
    );
  }
  const add = Math.min(10, MAX_ITERATIONS - maxIterations);
  return new LockstepError(
    'ITERATION_LIMIT',
    `Session ${id} has used all ${maxIterations} of its iterations.`,
    {
      details: { id, iterations, maxIterations },
      actions:
        add < 1
          ? []
          : [
              {
                kind: 'command',
                label: `Continue with ${add} More`,
                method: 'sessions.resume',
                params: { id, addIterations: add },
              },
            ],
    },
  );
}

/** The first line that says something, at most 120 characters. */
function titleOf(task: string): string {
  const line = task.split('\n').find((candidate) => candidate.trim() !== '');
  const characters = Array.from((line ?? task).trim().replaceAll(/\s+/g, ' '));
  const title = characters.length > 120 ? `${characters.slice(0, 119).join('')}…` : characters.join('');
  return title === '' ? 'Untitled session' : title;
}
