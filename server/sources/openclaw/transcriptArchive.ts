import { constants, copyFileSync, existsSync, fsyncSync, closeSync, openSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncFolder } from '../../platform/atomicFile.ts';

/** Why a transcript is put aside: OpenClaw's own endings. */
export type ArchiveReason = 'bak' | 'reset' | 'deleted';

/** `<path>.<reason>.<time>`, the time as ISO 8601 with `-` for `:`, as OpenClaw writes it; a later one where it is taken. */
function archivePath(path: string, reason: ArchiveReason, now: number): string {
  for (let time = now; ; time++) {
    const archive = `${path}.${reason}.${new Date(time).toISOString().replaceAll(':', '-')}`;
    if (!existsSync(archive)) return archive;
  }
}

/** Renames a transcript and gives its new path. For the holder of its lock. `now` in milliseconds since the epoch. */
export function archiveTranscript(path: string, reason: ArchiveReason, now: number): string {
  const archive = archivePath(path, reason, now);
  renameSync(path, archive);
  syncFolder(dirname(path));
  return archive;
}

/** Copies a transcript beside itself and gives the copy's path, once it is on disk. */
export function copyTranscript(path: string, now: number): string {
  const archive = archivePath(path, 'bak', now);
  copyFileSync(path, archive, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
  const file = openSync(archive, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  syncFolder(dirname(path));
  return archive;
}
