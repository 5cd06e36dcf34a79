import type { Session } from '../../protocol/session.ts';
import { sessionsGet } from '../../protocol/sessionQueryMethods.ts';
import { defineCommand, option } from './commandSpec.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exitCodes.ts';
import { LiveScreen } from './liveScreen.ts';
import { wholeNumber } from './optionValues.ts';
import { personAt } from './person.ts';
import { RunFollower } from './runFollower.ts';
import { sessionId } from './sessionArgument.ts';
import { howToGoOn, progressInWords, statusOf, statusStyle } from './sessionWords.ts';
import { allEvents, eventLine, lastEvents } from './showCommands.ts';
import { onEndingSignal } from './signals.ts';
import { cut } from './text.ts';
import { watching } from './watching.ts';
import { ChangeLines, liveList } from './watchList.ts';

export const watch = defineCommand({
  name: 'watch',
  group: 'Look',
  summary: 'Watch the open sessions, or what happens in one',
  details:
    'In a terminal the list is drawn in place. Elsewhere there is a line for each session that changed. With a session: its events as they come; it ends with the session, with 0 if that is completed and 1 if it failed. A run of a workflow is shown as lockstep run shows it, and questions of its agents are asked.',
  arguments: [
    {
      name: '[session]',
      description: 'its id, the beginning of it, or its label; all open ones if unset',
      completes: 'session',
    },
  ],
  options: {
    last: option('-n, --last <count>', 'with a session: begin with so many events', wholeNumber(0, 1000), {
      preset: '10',
    }),
  },
  examples: [
    { line: 'lockstep watch', words: 'all that is active, paused or out of iterations' },
    { line: 'lockstep watch login-fix', words: 'one session, to its end' },
    { line: 'lockstep watch login-fix --json | jq -r .type', words: 'its events, one a line, for a program' },
  ],
  async run(context, [given], { last }) {
    if (given !== undefined) {
      const id = await sessionId(context, given);
      const { kind } = await context.call(sessionsGet, { id });
      if (kind === 'workflow') return watchRun(context, id);
      return watchSession(context, id, last);
    }
    const isLive = context.terminal !== undefined && !context.json;
    return isLive ? watchInPlace(context) : watchChanges(context);
  },
});

async function watchRun(context: CommandContext, id: string): Promise<number> {
  await context.door.sweepRuns();
  const following = { person: personAt(context), endsWhen: 'ended', isOurs: false } as const;
  return new RunFollower(context, id, following).follow();
}

async function watchInPlace(context: CommandContext): Promise<number> {
  const screen = new LiveScreen(context.door.stdout);
  try {
    return await watching(context.door, onEndingSignal, async () => {
      screen.draw(await liveList(context, Date.now()));
      return undefined;
    });
  } finally {
    screen.close();
  }
}

function watchChanges(context: CommandContext): Promise<number> {
  const changes = new ChangeLines(context);
  return watching(context.door, onEndingSignal, async () =>
    (await context.print(...(await changes.next()))) ? undefined : EXIT.ok,
  );
}

/** Tells what happens in a session until it has ended. */
async function watchSession(context: CommandContext, id: string, last: number): Promise<number> {
  const screen =
    context.terminal === undefined || context.json ? undefined : new LiveScreen(context.door.stdout);
  let seen: number | undefined;
  try {
    return await watching(context.door, onEndingSignal, async () => {
      // The session before its events: when it has ended, they are all there.
      const session = await context.call(sessionsGet, { id });
      // Without a past, the last event tells where the future begins.
      const pages =
        seen === undefined
          ? [await lastEvents(context, id, Math.max(1, last))]
          : allEvents(context, id, seen);
      for await (const page of pages) {
        const told = seen === undefined && last === 0 ? [] : page;
        const lines = told.map((event) => (context.json ? JSON.stringify(event) : eventLine(context, event)));
        seen = page.at(-1)?.seq ?? seen;
        if (screen) screen.draw([], lines);
        else if (!(await context.print(...lines))) return EXIT.ok;
      }
      const isEnded = session.endedAt !== undefined;
      screen?.draw(isEnded ? [] : [statusLine(context, session)]);
      if (!isEnded) return undefined;
      return session.status === 'completed' ? EXIT.ok : EXIT.error;
    });
  } finally {
    screen?.close();
  }
}

function statusLine(context: CommandContext, session: Session): string {
  const next = howToGoOn(session);
  const words = `${progressInWords(session)}  (${next === undefined ? '' : `to go on: ${next}; `}Ctrl+C ends)`;
  return context.style(statusStyle(statusOf(session)), cut(words, context.terminal?.columns ?? Infinity));
}
