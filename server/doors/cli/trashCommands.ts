import {
  sessionsCleanup,
  sessionsRemove,
  sessionsRestore,
  TRASH_DAYS,
  type PlannedSession,
} from '../../protocol/sessionTrashMethods.ts';
import { CallFailed } from './commandError.ts';
import { defineCommand, option } from './commandSpec.ts';
import type { CommandContext } from './context.ts';
import { errorInWords, exitCodeOf } from './errorWords.ts';
import { EXIT } from './exitCodes.ts';
import { days, flag } from './optionValues.ts';
import { leaseFor, sessionId } from './sessionArgument.ts';
import { shortIds, statusStyle } from './sessionWords.ts';
import { table } from './table.ts';
import { age, counted } from './text.ts';

export const cleanup = defineCommand({
  name: 'cleanup',
  group: 'Keep and clean',
  summary: 'Show which old sessions would go into the trash, or put them there',
  details: `Only sessions that have ended, or were archived, for so long. Nothing is changed without --apply; what is in the trash can be restored for ${TRASH_DAYS} days.`,
  options: {
    olderThan: option('--older-than <time>', 'since they ended: 30d, 12h, 2w', days, { preset: '30d' }),
    apply: option('--apply', 'do it', flag),
  },
  examples: [
    { line: 'lockstep cleanup', words: 'what would go' },
    { line: 'lockstep cleanup --older-than 2w --apply', words: 'put them into the trash' },
  ],
  async run(context, _, { olderThan: olderThanDays, apply }) {
    const plan = await context.call(sessionsCleanup, { olderThanDays });
    if (!apply) {
      await context.answer(plan, () => (plan.total === 0 ? [] : planTable(context, plan.sessions)));
      if (context.json) return;
      if (plan.total === 0) {
        context.say('There is nothing to clean up: no session has ended, or was archived, for so long.');
        return;
      }
      const others = plan.total - plan.sessions.length;
      if (others > 0) context.say(`And ${counted(others, 'more session')}.`);
      context.say(
        `Nothing was changed. To put ${plan.total === 1 ? 'it' : 'them'} into the trash: lockstep cleanup ${applyLine(olderThanDays)}`,
      );
      return;
    }
    const done = await applyAll(context, olderThanDays, plan);
    await context.answer({ ...plan, ...done }, () => [
      ...(plan.total === 0 ? [] : planTable(context, plan.sessions)),
      done.removed.length === 0
        ? 'Nothing was put into the trash.'
        : `${counted(done.removed.length, 'session')} in the trash now. To get one back within ${TRASH_DAYS} days: lockstep restore <session>`,
    ]);
    if (!context.json) for (const { id, message } of done.skipped) context.say(`${id} was left: ${message}`);
  },
});

export const rm = defineCommand({
  name: 'rm',
  group: 'Keep and clean',
  summary: 'Put sessions into the trash',
  details: `They can be restored for ${TRASH_DAYS} days; then they are destroyed.`,
  arguments: [
    {
      name: '<session...>',
      description: 'ids, beginnings of them, or labels',
      needs: 'one session or more',
      completes: 'session',
    },
  ],
  examples: [
    { line: 'lockstep rm login-fix', words: 'back with lockstep restore' },
    { line: 'lockstep rm $(lockstep list -q --status failed)', words: 'several at once' },
  ],
  run: (context, args) =>
    each(context, args, false, async (id) => {
      const session = await context.call(sessionsRemove, { id, ...leaseFor(id, context.door.env) });
      return { session, words: 'is in the trash' };
    }),
});

export const restore = defineCommand({
  name: 'restore',
  group: 'Keep and clean',
  summary: 'Take sessions out of the trash',
  details: 'lockstep list --trash shows what is in it. A label that was taken meanwhile is dropped.',
  arguments: [
    {
      name: '<session...>',
      description: 'ids, beginnings of them, or labels',
      needs: 'one session or more',
      completes: 'trashed',
    },
  ],
  examples: [{ line: 'lockstep restore login-fix', words: 'as it was' }],
  run: (context, args) =>
    each(context, args, true, async (id) => {
      const session = await context.call(sessionsRestore, { id });
      return { session, words: 'is restored' };
    }),
});

/** One after the other; what fails does not keep the others from being done. With JSON, the first failure ends it. */
async function each(
  context: CommandContext,
  args: readonly string[],
  trashed: boolean,
  act: (id: string) => Promise<{ session: { id: string; title: string }; words: string }>,
): Promise<number> {
  const sessions = [];
  let code: number = EXIT.ok;
  // All are looked up before one is touched: a mistake in the line is no half of a deed.
  const ids = [];
  for (const given of args) ids.push(await sessionId(context, given, trashed));
  for (const id of new Set(ids)) {
    try {
      const { session, words } = await act(id);
      sessions.push(session);
      if (!context.json) await context.print(context.fit(`${id} ${words}: ${session.title}`));
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      code = exitCodeOf(error.error);
      context.door.stderr.write(
        context.json
          ? `${JSON.stringify(error.error, null, 2)}\n`
          : errorInWords(error.error, trashed ? 'restore' : 'rm'),
      );
    }
  }
  if (context.json) await context.print(JSON.stringify({ sessions }, null, 2));
  return code;
}

type Plan = { sessions: PlannedSession[]; total: number };

/** What a plan has no room for is planned again, until nothing more goes. */
async function applyAll(context: CommandContext, olderThanDays: number, first: Plan) {
  const removed: string[] = [];
  const skipped: { id: string; message: string }[] = [];
  let plan = first;
  while (plan.sessions.length > 0) {
    const done = await context.call(sessionsCleanup, {
      olderThanDays,
      dryRun: false,
      items: plan.sessions.map(({ fingerprint }) => fingerprint),
    });
    removed.push(...done.removed);
    skipped.push(...done.skipped);
    if (plan.total <= plan.sessions.length || done.removed.length === 0) break;
    plan = await context.call(sessionsCleanup, { olderThanDays });
  }
  return { removed, skipped };
}

function planTable(context: CommandContext, sessions: readonly PlannedSession[]): string[] {
  const short = shortIds(sessions.map(({ id }) => id));
  const now = Date.now();
  return table<PlannedSession>(
    [
      { heading: 'ID', cell: ({ id }) => short.get(id) ?? id },
      {
        heading: 'STATUS',
        cell: ({ status, archivedAt }) => (archivedAt === undefined ? status : `${status}, archived`),
        style: (text, { status }) => context.style(statusStyle(status), text),
      },
      {
        heading: 'SINCE',
        cell: ({ endedAt, archivedAt, createdAt }) =>
          age(now - Date.parse(endedAt ?? archivedAt ?? createdAt)),
        align: 'right',
      },
      { heading: 'LABEL', cell: ({ label }) => label ?? '', most: 20 },
      { heading: 'TITLE', cell: ({ title }) => title },
    ],
    sessions,
    context.terminal?.columns,
    (text) => context.style('bold', text),
  );
}

function applyLine(olderThanDays: number): string {
  return olderThanDays === 30 ? '--apply' : `--older-than ${olderThanDays}d --apply`;
}
