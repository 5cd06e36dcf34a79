import { LockstepError, sessionNotFound } from '../../domain/errors.ts';
import { systemErrorCode, systemErrorReason } from '../../platform/systemError.ts';
import type { TranscriptPage } from '../../protocol/transcript.ts';
import type { Picture } from '../picture.ts';
import type { PageQuery, PictureQuery, SessionSource } from '../source.ts';
import type { OpenFile, ReadableFile } from './readableFile.ts';
import { realSessionPath } from './sessionFiles.ts';
import { readPicture } from './recordPicture.ts';
import { readTranscriptPage, type TranscriptFormat } from './transcript.ts';

type FileSource = Pick<SessionSource, 'kind' | 'root'> & { readonly open: OpenFile };

/**
 * A page of the session at `path`, relative to the source's root.
 * @throws LockstepError SESSION_NOT_FOUND where there is none, it lies outside the root, or it cannot be read.
 */
export function readSessionPage<R>(
  source: FileSource,
  path: string,
  query: PageQuery,
  format: TranscriptFormat<R>,
): Promise<TranscriptPage> {
  return readSession(source, path, (file) => readTranscriptPage(file, query, format));
}

/**
 * A picture of the session at `path`.
 * @throws LockstepError as {@link readSessionPage} and {@link readPicture}
 */
export function readSessionPicture<R>(
  source: FileSource,
  path: string,
  query: PictureQuery,
  format: TranscriptFormat<R>,
): Promise<Picture> {
  return readSession(source, path, (file) => readPicture(file, query, format));
}

/**
 * What `read` makes of the file of the session at `path`, relative to the source's root.
 * @throws LockstepError SESSION_NOT_FOUND where there is none, it lies outside the root, or it cannot be read.
 */
export async function readSession<T>(
  source: FileSource,
  path: string,
  read: (file: ReadableFile) => Promise<T>,
): Promise<T> {
  const ref = `${source.kind}:${path}`;
  const file = await openSession(source.root, path, ref, source.open);
  try {
    return await read(file);
  } catch (error) {
    throw cannotRead(ref, error);
  } finally {
    await file.close();
  }
}

async function openSession(root: string, path: string, ref: string, open: OpenFile): Promise<ReadableFile> {
  try {
    const realPath = await realSessionPath(root, path);
    if (realPath !== undefined) return await open(realPath);
  } catch (error) {
    throw cannotRead(ref, error);
  }
  throw sessionNotFound(ref);
}

/** What is no error of the system is our own, and goes on as it is. */
function cannotRead(ref: string, error: unknown): unknown {
  const code = systemErrorCode(error);
  if (code === undefined) return error;
  if (code === 'ENOENT' || code === 'ENOTDIR') return sessionNotFound(ref);
  const message = `The session ${ref} cannot be read: ${systemErrorReason(error)}.`;
  return new LockstepError('SESSION_NOT_FOUND', message, { details: { id: ref }, cause: error });
}
