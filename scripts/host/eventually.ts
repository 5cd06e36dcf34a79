import { setTimeout as delay } from 'node:timers/promises';

export interface EventuallyOptions {
  readonly timeoutMs?: number;
  /** What was waited for, for the error. */
  readonly what?: string;
}

/**
 * Reads until the value is accepted, and returns it. For conditions no single locator can express ("the tree shows
 * exactly these rows"); where one locator can, wait for that.
 */
export async function eventually<T>(
  read: () => Promise<T>,
  accept: (value: T) => boolean,
  { timeoutMs = 15_000, what = 'the expected value' }: EventuallyOptions = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (accept(value)) {
      return value;
    }
    if (Date.now() > deadline) {
      throw new Error(
        `No sign of ${what} within ${timeoutMs} ms. The last value was ${JSON.stringify(value)}`,
      );
    }
    await delay(50);
  }
}
