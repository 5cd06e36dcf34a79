import type { Session } from '../../protocol/session.ts';
import type { CommandContext } from './context.ts';
import { shortIds, statusOf, statusStyle } from './sessionWords.ts';
import { table } from './table.ts';
import { age } from './text.ts';

/** Sessions as aligned lines, below their headings; no line is wider than the terminal. */
export function sessionTable(context: CommandContext, sessions: readonly Session[], now: number): string[] {
  const short = shortIds(sessions.map(({ id }) => id));
  return table<Session>(
    [
      { heading: 'ID', cell: ({ id }) => short.get(id) ?? id },
      {
        heading: 'STATUS',
        cell: statusOf,
        style: (text, session) => context.style(statusStyle(statusOf(session)), text),
      },
      {
        heading: 'ITER',
        cell: ({ iterations, maxIterations }) => `${iterations}/${maxIterations}`,
        align: 'right',
      },
      { heading: 'AGE', cell: ({ updatedAt }) => age(now - Date.parse(updatedAt)), align: 'right' },
      { heading: 'LABEL', cell: ({ label }) => label ?? '', most: 20 },
      { heading: 'TITLE', cell: ({ title }) => title },
    ],
    sessions,
    context.terminal?.columns,
    (text) => context.style('bold', text),
  );
}
