import { setTimeout as delay } from 'node:timers/promises';
import type { Disposable } from '../../platform/disposable.ts';
import { CallFailed } from './commandError.ts';
import type { CliDoor } from './door.ts';
import { EXIT } from './exitCodes.ts';

/** The shortest time between two looks, in milliseconds: a burst of changes is one. */
const PAUSE_MS = 100;
/** Ages are shown in minutes, in milliseconds. */
const EVERY_MS = 60_000;

/**
 * Looks at the store now, after each change of it, when the terminal gets another size, and each minute, or as often as
 * is told; never twice at once. Goes on until a look gives an exit code, a signal comes, or nobody reads any more.
 */
export async function watching(
  { onDidChange, stdout }: Pick<CliDoor, 'onDidChange' | 'stdout'>,
  onSignal: (listener: (code: number) => void) => Disposable,
  look: () => Promise<number | undefined>,
  everyMs = EVERY_MS,
): Promise<number> {
  const ended = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const unread = () => resolve(EXIT.ok);
  let isDue = false;
  let isLooking = false;
  async function looks(): Promise<void> {
    isLooking = true;
    while (isDue && !ended.signal.aborted) {
      isDue = false;
      try {
        const code = await look();
        if (code !== undefined) return resolve(code);
      } catch (error) {
        // Others have a lot to write just now; the next look tells what came of it.
        if (!(error instanceof CallFailed && error.error.code === 'STORE_BUSY')) return reject(error);
        isDue = true;
      }
      await delay(PAUSE_MS, undefined, { signal: ended.signal }).catch(() => undefined);
    }
    isLooking = false;
  }
  const onDue = () => {
    isDue = true;
    if (!isLooking) void looks();
  };
  const disposables = [onDidChange(onDue), onSignal(resolve)];
  const timer = setInterval(onDue, everyMs);
  stdout.on('resize', onDue).on('error', unread).on('close', unread);
  try {
    onDue();
    return await promise;
  } finally {
    ended.abort();
    clearInterval(timer);
    stdout.off('resize', onDue).off('error', unread).off('close', unread);
    for (const one of disposables) one.dispose();
  }
}
