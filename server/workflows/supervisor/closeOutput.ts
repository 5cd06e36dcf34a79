import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

/** How long a pipe may be silent after the agent's end before it is taken to be held by a process that has escaped. */
const SILENT_MS = 1_000;
/** The same, where the agent was ended: nobody waits for what a process says that should be gone. */
const SILENT_ENDED_MS = 100;
/** After that it is closed, though it is not silent. */
const LAST_MS = 2_000;
/** More than the system holds of a pipe: what comes after it was written by a process that has escaped. */
const MAX_BYTES = 1024 * 1024;
const POLL_MS = 50;

/**
 * Closes an output that something may still hold after the agent's end, once all that the agent wrote is read. Settles
 * when it is closed: soon, however much is written to it.
 *
 * @param wasEnded  whether the agent was ended, or is to be
 */
export async function closeOutput(output: Duplex, wasEnded: () => boolean): Promise<void> {
  const bytes = () => (output instanceof Socket ? output.bytesRead : 0);
  const [endedAt, first] = [performance.now(), bytes()];
  let [seen, silentSince] = [first, endedAt];
  let wasRead = false;
  while (!output.readableEnded && !output.destroyed) {
    await pause(POLL_MS, undefined, { ref: false });
    const now = performance.now();
    // Twice in a row: a reader that is slow still has the rest of the pipe before it.
    const isRead = output.readableLength === 0;
    const isAllRead = isRead && wasRead;
    wasRead = isRead;
    if (bytes() !== seen || !isRead) [seen, silentSince] = [bytes(), now];
    const isSilent = now - silentSince >= (wasEnded() ? SILENT_ENDED_MS : SILENT_MS);
    if (isAllRead && (isSilent || now - endedAt >= LAST_MS)) output.destroy();
    if (seen - first > MAX_BYTES) output.destroy();
  }
}
