import type { SessionEvent } from '../../protocol/event.ts';
import { locksList } from '../../protocol/lockMethods.ts';
import type { Session } from '../../protocol/session.ts';
import {
  sessionsContext,
  sessionsEvents,
  sessionsUpdateContext,
} from '../../protocol/sessionHistoryMethods.ts';
import { sessionsGet } from '../../protocol/sessionQueryMethods.ts';
import { jsonObject } from '../../protocol/json.ts';
import { runsGet } from '../../protocol/workflowMethods.ts';
import { CallFailed, UsageError } from './commandError.ts';
import { defineCommand, option } from './commandSpec.ts';
import type { CommandContext } from './context.ts';
import { eventInWords } from './eventWords.ts';
import { readJson } from './input.ts';
import { flag, wholeNumber, words } from './optionValues.ts';
import { statusInWords } from './runWords.ts';
import { leaseFor, sessionOrLeased } from './sessionArgument.ts';
import { howToGoOn, progressInWords, statusOf, statusStyle } from './sessionWords.ts';
import { facts } from './table.ts';
import { age, counted, cut, duration, localTime, manyLines, number, oneLine } from './text.ts';

const SESSION = {
  name: '[session]',
  description: 'its id, the beginning of it, or its label',
  completes: 'session',
} as const;
const PAGE = 1000;

export const show = defineCommand({
  name: 'show',
  group: 'Look',
  summary: 'Show a session and what happened last in it',
  details: 'With --json: the session, and its events in "events".',
  arguments: [SESSION],
  options: {
    last: option('-n, --last <count>', 'so many of the last events', wholeNumber(0, PAGE), { preset: '10' }),
    events: option('-e, --events', 'all events, from the first', flag),
  },
  examples: [
    { line: 'lockstep show login-fix', words: 'how far it is, and its last 10 events' },
    { line: 'lockstep show 019cdf3a-7b21 --events | less', words: 'its whole history' },
    { line: 'lockstep show login-fix --json | jq -r .status', words: 'one fact for a script' },
  ],
  async run(context, [given], { last, events: all }) {
    const id = await sessionOrLeased(context, given);
    const session = await context.call(sessionsGet, { id });
    if (context.json) {
      const events = all
        ? await Array.fromAsync(allEvents(context, id))
        : await lastEvents(context, id, last);
      await context.print(JSON.stringify({ ...session, events: events.flat() }, null, 2));
      return;
    }
    const [holder, run] = [await holderOf(context, id), await runOf(context, session)];
    await context.print(...sessionFacts(context, session, { holder, run }));
    if (all) {
      await context.print('', context.style('bold', 'Events'));
      for await (const page of allEvents(context, id))
        if (!(await context.print(...page.map((event) => eventLine(context, event))))) return;
    } else if (last > 0) {
      const events = await lastEvents(context, id, last);
      const count = events.at(-1)?.seq ?? 0;
      const heading = count > events.length ? `Last ${events.length} of ${number(count)} events` : 'Events';
      await context.print(
        '',
        context.style('bold', heading),
        ...events.map((event) => eventLine(context, event)),
      );
    }
    const next = howToGoOn(session);
    if (next !== undefined) context.remark(`\nTo go on: ${next}`);
  },
});

export const contextCommand = defineCommand({
  name: 'context',
  group: 'Look',
  summary: 'Print what an agent needs to go on with a session',
  details:
    'That is: the task, how many iterations are left, its context, its summaries and the last events. With --merge it changes the context first (JSON merge patch: null removes a key).',
  arguments: [SESSION],
  options: {
    recent: option('-n, --recent <count>', 'so many of the last events', wholeNumber(0, 1000), {
      preset: '10',
    }),
    merge: option('--merge <json>', 'merge this into its context; @FILE or - reads it', words),
  },
  examples: [
    { line: 'lockstep context login-fix', words: 'for the prompt of an agent' },
    { line: `lockstep context login-fix --merge '{"branch": "fix-login"}'`, words: 'remember something' },
    { line: 'lockstep context login-fix --json | jq .context', words: 'the context alone' },
  ],
  async run(context, [given], { recent, merge }) {
    const id = await sessionOrLeased(context, given);
    if (merge !== undefined) {
      const patch = jsonObject.safeParse(await readJson('--merge', merge, context.door.stdin));
      if (!patch.success) throw new UsageError('--merge needs a JSON object');
      await context.call(sessionsUpdateContext, { id, ...leaseFor(id, context.door.env), patch: patch.data });
    }
    const result = await context.call(sessionsContext, { id, recent });
    const { task, mode, iterations, maxIterations, remaining, recentHistory, summaries } = result;
    const heading = (text: string) => context.style('bold', text);
    await context.answer(result, () => [
      heading('Task'),
      manyLines(task),
      '',
      ...facts(
        [
          { name: 'mode', value: mode },
          { name: 'iterations', value: `${iterations} of ${maxIterations}, ${remaining} left` },
        ],
        context.terminal?.columns,
      ),
      '',
      heading('Context'),
      manyLines(JSON.stringify(result.context, null, 2)),
      ...(summaries.length === 0
        ? []
        : ['', heading('Summaries'), ...summaries.map((event) => eventLine(context, event))]),
      ...(recentHistory.length === 0
        ? []
        : ['', heading('Last events'), ...recentHistory.map((event) => eventLine(context, event))]),
    ]);
  },
});

/** All events of a session, page by page. */
export async function* allEvents(
  context: CommandContext,
  id: string,
  from = 0,
): AsyncGenerator<SessionEvent[]> {
  let afterSeq: number | undefined = from;
  while (afterSeq !== undefined) {
    const page: { events: SessionEvent[]; nextSeq?: number | undefined } = await context.call(
      sessionsEvents,
      {
        id,
        afterSeq,
        limit: PAGE,
      },
    );
    yield page.events;
    afterSeq = page.nextSeq;
  }
}

export async function lastEvents(
  context: CommandContext,
  id: string,
  count: number,
): Promise<SessionEvent[]> {
  return (await context.call(sessionsContext, { id, recent: count })).recentHistory;
}

/** An event on one line of the terminal. */
export function eventLine(context: CommandContext, event: SessionEvent): string {
  const seq = String(event.seq).padStart(4);
  const time = localTime(event.timestamp);
  const room = (context.terminal?.columns ?? Infinity) - seq.length - time.length - 4;
  const text = cut(eventInWords(event), room);
  const styled = event.type === 'error' || event.type === 'timeout' ? context.style('red', text) : text;
  return `${context.style('gray', `${seq}  ${time}`)}  ${styled}`;
}

/** Who drives the session now, in words. */
async function holderOf(context: CommandContext, id: string): Promise<string | undefined> {
  try {
    // No folder is looked through for lock files: the leases are what counts here.
    const { locks } = await context.call(locksList, { roots: [] });
    const lease = locks.find(({ kind, session }) => kind === 'lease' && session === id);
    if (!lease) return undefined;
    const { name, pid, host } = lease.owner;
    const who = [name ?? 'somebody', `(process ${pid} on ${host})`].join(' ');
    return `${who}, for ${duration(lease.ageMs)}${lease.verdict === 'dead' ? '; that process is dead' : ''}`;
  } catch (error) {
    if (error instanceof CallFailed) return undefined;
    throw error;
  }
}

/** How a run of a workflow stands that has not ended, in words. */
async function runOf(context: CommandContext, { id, kind, endedAt }: Session): Promise<string | undefined> {
  if (kind !== 'workflow' || endedAt !== undefined) return undefined;
  await context.door.sweepRuns();
  try {
    return statusInWords(await context.call(runsGet, { id }));
  } catch (error) {
    // Not every session of that kind is a run.
    if (error instanceof CallFailed) return undefined;
    throw error;
  }
}

function sessionFacts(
  context: CommandContext,
  session: Session,
  { holder, run }: { readonly holder: string | undefined; readonly run: string | undefined },
): string[] {
  const { tokens, costUsd, forkedFrom, createdAt, updatedAt, endedAt, archivedAt } = session;
  const columns = context.terminal?.columns;
  const ago = (time: string | undefined) =>
    time === undefined ? undefined : `${localTime(time)} (${agoInWords(Date.now() - Date.parse(time))})`;
  const counts = [
    counted(session.messages, 'message'),
    counted(session.toolCalls, 'tool call'),
    counted(session.errors, 'error'),
  ];
  const title = cut(oneLine(session.title), columns ?? Infinity);
  return [
    context.style('bold', title),
    ...facts(
      [
        { name: 'id', value: session.id },
        { name: 'label', value: session.label },
        {
          name: 'status',
          value: progressInWords(session),
          style: (text) => context.style(statusStyle(statusOf(session)), text),
        },
        { name: 'held by', value: holder },
        { name: 'run', value: run },
        { name: 'error', value: session.error },
        { name: 'result', value: session.result === undefined ? undefined : textOf(session.result) },
        { name: 'kind', value: session.kind === 'session' ? undefined : session.kind },
        { name: 'mode', value: session.mode },
        { name: 'workspace', value: session.workspace },
        { name: 'user', value: session.userId },
        { name: 'model', value: session.model },
        { name: 'parent', value: session.parentId },
        { name: 'forked from', value: forkedFrom && `${forkedFrom.id}, after event ${forkedFrom.seq}` },
        { name: 'started', value: ago(createdAt) },
        { name: 'changed', value: ago(updatedAt) },
        { name: 'ended', value: ago(endedAt) },
        { name: 'archived', value: ago(archivedAt) },
        { name: 'so far', value: counts.join(', ') },
        { name: 'tools', value: session.toolsUsed.length === 0 ? undefined : session.toolsUsed.join(', ') },
        { name: 'tokens', value: tokens.total === 0 ? undefined : number(tokens.total) },
        { name: 'cost', value: costUsd === undefined ? undefined : `$${costUsd.toFixed(4)}` },
        { name: 'task', value: oneLine(session.task) === title ? undefined : session.task },
      ],
      columns,
      (name) => context.style('gray', name),
    ),
  ];
}

function agoInWords(ms: number): string {
  const short = age(ms);
  return short === 'now' ? 'now' : `${short} ago`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
