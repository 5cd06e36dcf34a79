import { resolve } from 'node:path';
import { sessionKind, sessionStatus, type Session } from '../../protocol/session.ts';
import { sessionsFind } from '../../protocol/sessionQueryMethods.ts';
import type { CallParamsOf } from '../../protocol/method.ts';
import { defineCommand, option } from './commandSpec.ts';
import type { CommandContext } from './context.ts';
import { flag, listOf, oneOf, wholeNumber, words } from './optionValues.ts';
import { sessionId } from './sessionArgument.ts';
import { sessionTable } from './sessionTable.ts';
import { counted, oneLine } from './text.ts';

const MOST_LISTED = 1_000_000;
/** The most that the wire gives at once. */
const PAGE = 500;
/** A label that every shell takes as one plain word. */
const PLAIN = /^[\p{L}\p{N}._+@/-]+$/u;

type Filter = Omit<CallParamsOf<typeof sessionsFind>, 'limit' | 'cursor'>;

export const list = defineCommand({
  name: 'list',
  group: 'Look',
  summary: 'List sessions, the newest first, or find some',
  arguments: [
    { name: '[text]', description: 'what is in the title, task, label or id; case does not count for ASCII' },
  ],
  excess: 'list takes one text; quote it',
  options: {
    status: option(
      '-s, --status <list>',
      'only these, with commas between',
      listOf(sessionStatus.options).optional(),
      {
        choices: sessionStatus.options,
      },
    ),
    mode: option('-m, --mode <mode>', 'only this mode', words),
    kind: option('-k, --kind <kind>', 'only this kind', oneOf(sessionKind.options).optional(), {
      choices: sessionKind.options,
    }),
    user: option('--user <id>', 'only those of this user', words),
    workspace: option('-w, --workspace <folder>', 'only those of this folder; . is where you are', words, {
      completes: 'folder',
    }),
    parent: option('--parent <session>', 'only those that this one started', words, { completes: 'session' }),
    archived: option('--archived', 'archived ones, too', flag),
    trash: option('--trash', 'those in the trash, and no others', flag),
    limit: option('-n, --limit <count>', 'at most so many', wholeNumber(1, MOST_LISTED), { preset: '50' }),
    all: option('-a, --all', 'as many as there are', flag),
    quiet: option('-q, --quiet', 'print ids alone, each whole, one a line', flag),
    names: option('--names', 'print what completion offers: names, a tab and the title', flag, {
      hidden: true,
    }),
  },
  examples: [
    { line: 'lockstep list', words: 'the newest 50' },
    { line: 'lockstep list --status active,paused --workspace .', words: 'what is open in this folder' },
    { line: 'lockstep list login', words: 'those that speak of login' },
    { line: 'lockstep export $(lockstep list -q --all) -o sessions.jsonl', words: 'ids for another command' },
  ],
  async run(context, [text], options) {
    const { user, workspace, parent, archived, trash, limit, all, quiet, names, ...rest } = options;
    const filter: Filter = {
      ...rest,
      text: text === '' ? undefined : text,
      userId: user,
      workspace: workspace === undefined ? undefined : resolve(workspace),
      parentId: parent === undefined ? undefined : await sessionId(context, parent),
      archived,
      trashed: trash,
    };
    const { sessions, areMore } = await find(context, filter, all ? Infinity : limit);
    if (quiet || names) {
      await context.print(...(quiet ? sessions.map(({ id }) => id) : completionNames(sessions)));
      return;
    }
    await context.answer({ sessions, ...(areMore ? { more: true } : {}) }, () =>
      sessions.length === 0 ? [] : sessionTable(context, sessions, Date.now()),
    );
    if (context.json) return;
    if (sessions.length === 0) context.say(nothing(filter));
    if (areMore)
      context.say(`These are the newest ${counted(sessions.length, 'session')}; more with --limit or --all.`);
  },
});

async function find(
  context: CommandContext,
  filter: Filter,
  limit: number,
): Promise<{ sessions: Session[]; areMore: boolean }> {
  const sessions: Session[] = [];
  let cursor: string | undefined;
  do {
    const page = await context.call(sessionsFind, {
      ...filter,
      limit: Math.min(PAGE, limit - sessions.length),
      cursor,
    });
    sessions.push(...page.sessions);
    cursor = page.nextCursor;
  } while (cursor !== undefined && sessions.length < limit);
  return { sessions, areMore: cursor !== undefined };
}

function nothing({ archived, trashed, ...filter }: Filter): string {
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  if (trashed === true) return isFiltered ? 'Nothing in the trash is like that.' : 'The trash is empty.';
  if (!isFiltered) return "There are no sessions yet. Start one: lockstep start 'Fix the login test'";
  return archived === true
    ? 'No session is like that. Those in the trash: lockstep list --trash'
    : 'No session is like that. Archived ones are listed with --archived, those in the trash with --trash.';
}

/** What completion offers: ids, and labels that need no quotes. */
function completionNames(sessions: readonly Session[]): string[] {
  return sessions.flatMap(({ id, label, title }) =>
    [id, ...(label !== undefined && PLAIN.test(label) ? [label] : [])].map(
      (name) => `${name}\t${oneLine(title)}`,
    ),
  );
}
