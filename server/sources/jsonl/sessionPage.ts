import { LockstepError, sessionNotFound } from '../../domain/errors.ts';
import { systemErrorCode, systemErrorReason } from '../../platform/systemError.ts';
import type { TranscriptPage } from '../../protocol/transcript.ts';
import type { PageQuery, SessionSource } from '../source.ts';
import type { OpenFile, ReadableFile } from './readableFile.ts';
import { realSessionPath } from './sessionFiles.ts';
import { readTranscriptPage, type TranscriptFormat } from './transcript.ts';

/**
 * A page of the session at `path`, relative to the source's root.
 * @throws LockstepError SESSION_NOT_FOUND where there is none, it lies outside the root, or it cannot be read.
 */
export async function readSessionPage<R>(
  source: Pick<SessionSource, 'kind' | 'root'> & { readonly open: OpenFile },
  path: string,
  query: PageQuery,
  format: TranscriptFormat<R>,
): Promise<TranscriptPage> {
  const ref = `${source.kind}:${path}`;
  const file = await openSession(source.root, path, ref, source.open);
  try {
    return await readTranscriptPage(file, query, format);
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
