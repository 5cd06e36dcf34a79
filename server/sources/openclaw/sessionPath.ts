import { createHash } from 'node:crypto';
import type { OpenclawSession } from './stateDirectory.ts';

/** Where sessions stand that have a key: no folder on disk, so that the name stays when the transcript is another. */
const PREFIX = 'sessions/';
const MAX_LENGTH = 500;

/** Names a session among those of its state directory, with `/` between its parts. */
export function sessionPath(key: string): string {
  const encoded = key.isWellFormed() ? encodeURIComponent(key) : '';
  // A key of any length, and one that no URL can hold.
  if (encoded === '' || encoded.length > MAX_LENGTH)
    return `${PREFIX}~${createHash('sha256').update(Buffer.from(key, 'utf16le')).digest('hex')}`;
  return PREFIX + encoded;
}

/** The session with that path; undefined where there is none. */
export function sessionAtPath(
  sessions: ReadonlyMap<string, OpenclawSession>,
  path: string,
): OpenclawSession | undefined {
  const key = keyOfPath(path);
  if (key !== undefined) return sessions.get(key);
  if (!path.startsWith(`${PREFIX}~`)) return undefined;
  return [...sessions.values()].find((session) => sessionPath(session.key) === path);
}

/** The key in a path that holds it; undefined for one that does not, or is not written as we write it. */
export function keyOfPath(path: string): string | undefined {
  if (!path.startsWith(PREFIX) || path.startsWith(`${PREFIX}~`)) return undefined;
  try {
    const key = decodeURIComponent(path.slice(PREFIX.length));
    return sessionPath(key) === path ? key : undefined;
  } catch {
    return undefined;
  }
}
