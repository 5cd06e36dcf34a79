import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { sessionsExport, type ExportFormat } from '../../server/protocol/sessionCopyMethods.ts';
import type { Call } from './call.ts';

export interface ExportTask {
  /** What is written, as the server gives it. */
  readonly parts: AsyncIterable<string>;
  /** Where it is written, until it is whole. */
  readonly folder: string;
  /** Gives the whole file its name. */
  readonly place: (path: string) => Promise<void>;
  readonly isCancelled: () => boolean;
  /** Told after each part. */
  readonly onProgress: (bytes: number) => void;
}

/**
 * Writes an export, part by part as the server gives it: a whole history need not fit into memory. Whatever was there
 * under its name stays until it is whole. False where it was cancelled; nothing is left of it then.
 */
export async function writeExport(task: ExportTask): Promise<boolean> {
  const { folder, isCancelled, place } = task;
  const temporary = join(folder, `.${process.pid}-${Date.now()}.lockstep-export`);
  try {
    await pipeline(untilCancelled(task), createWriteStream(temporary, { flags: 'wx', flush: true }));
    if (isCancelled()) return false;
    await place(temporary);
    return true;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function* untilCancelled({ parts, isCancelled, onProgress }: ExportTask): AsyncGenerator<string> {
  let bytes = 0;
  for await (const part of parts) {
    if (isCancelled()) return;
    yield part;
    bytes += Buffer.byteLength(part);
    onProgress(bytes);
  }
}

/** Sessions as a file of them, part by part. */
export async function* sessionParts(
  call: Call,
  ids: readonly string[],
  format: ExportFormat,
): AsyncGenerator<string, void, void> {
  let cursor: string | undefined;
  do {
    const part = await call(sessionsExport, {
      ids: [...ids],
      format,
      ...(cursor === undefined ? {} : { cursor }),
    });
    yield part.content;
    cursor = part.nextCursor;
  } while (cursor !== undefined);
}
