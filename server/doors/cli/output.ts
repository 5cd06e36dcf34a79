import type { Writable } from 'node:stream';

/** Writes, and waits where the reader is slow. Gives whether there is a reader still. */
export async function write(output: Writable, text: string): Promise<boolean> {
  if (output.destroyed || output.errored) return false;
  if (output.write(text)) return true;
  await new Promise<void>((resolve) => {
    const done = () => {
      for (const event of ['drain', 'close', 'error']) output.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) output.on(event, done);
  });
  return !output.destroyed && !output.errored;
}
