import type { Session } from '../../protocol/session.ts';
import type { Style } from './context.ts';

/** The status, and that a pause was asked for. */
export function statusOf({ status, pausing }: Pick<Session, 'status' | 'pausing'>): string {
  return pausing ? 'pausing' : status;
}

export function statusStyle(status: string): Style {
  switch (status) {
    case 'active':
      return 'green';
    case 'paused':
    case 'pausing':
    case 'timeout':
      return 'yellow';
    case 'failed':
      return 'red';
    default:
      return 'gray';
  }
}

/** `active, iteration 3 of 50`. */
export function progressInWords({ iterations, maxIterations, ...session }: Session): string {
  const status = statusOf({ ...session });
  return iterations === 0
    ? `${status}, no iteration of ${maxIterations} begun`
    : `${status}, iteration ${iterations} of ${maxIterations}`;
}

/** What can be done so that a session goes on; undefined where nothing stands in the way, or nothing helps. */
export function howToGoOn({ id, status, iterations, maxIterations }: Session): string | undefined {
  const add = iterations >= maxIterations ? ' --add 10' : '';
  if (status === 'timeout' || status === 'paused') return `lockstep resume ${id}${add}`;
  return undefined;
}

/**
 * The beginnings of ids that tell them apart. At least 13 characters, the time in milliseconds: shorter ones that are
 * unique today would not be tomorrow.
 */
export function shortIds(ids: readonly string[]): Map<string, string> {
  const sorted = [...new Set(ids)].sort();
  return new Map(
    sorted.map((id, at) => {
      const shared = Math.max(sharedLength(id, sorted[at - 1]), sharedLength(id, sorted[at + 1]));
      return [id, id.slice(0, Math.max(13, shared + 1))];
    }),
  );
}

function sharedLength(one: string, other = ''): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return length;
}
