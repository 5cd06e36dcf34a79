import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { sessionsExport, type ExportFormat } from '../../server/protocol/sessionCopyMethods.ts';
import type { Call } from './call.ts';

export interface ExportTask {
  readonly ids: readonly string[];
  readonly format: ExportFormat;
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
export async function writeExport(call: Call, task: ExportTask): Promise<boolean> {
  const { folder, isCancelled, place } = task;
  const temporary = join(folder, `.${process.pid}-${Date.now()}.lockstep-export`);
  try {
    await pipeline(partsOf(call, task), createWriteStream(temporary, { flags: 'wx', flush: true }));
    if (isCancelled()) return false;
    await place(temporary);
    return true;
  } finally {
    await rm(temporary, { force: true });
  }
}

async function* partsOf(call: Call, task: ExportTask): AsyncGenerator<string> {
  const { format, isCancelled, onProgress } = task;
  let cursor: string | undefined;
  let bytes = 0;
  do {
    if (isCancelled()) return;
    const part = await call(sessionsExport, {
      ids: [...task.ids],
      format,
      ...(cursor === undefined ? {} : { cursor }),
    });
    yield part.content;
    bytes += Buffer.byteLength(part.content);
    onProgress(bytes);
    cursor = part.nextCursor;
  } while (cursor !== undefined);
}
