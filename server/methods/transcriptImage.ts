import { LockstepError } from '../domain/errors.ts';
import type { ParamsOf, ResultOf } from '../protocol/method.ts';
import type { transcriptsImage } from '../protocol/transcriptMethods.ts';
import type { TranscriptReader } from './transcriptReader.ts';

/** @throws LockstepError INVALID_PARAMS where the transcript holds no such picture, IMAGE_REFUSED where it is not shown */
export async function transcriptImage(
  reader: TranscriptReader,
  { ref, ...query }: ParamsOf<typeof transcriptsImage>,
): Promise<ResultOf<typeof transcriptsImage>> {
  const place = reader.place(ref);
  if (place.origin === 'source') return place.source.image(place.path, query);
  const message = `${ref} holds no pictures: sessions of Lockstep have none. Ask for those of a session of another agent.`;
  throw new LockstepError('INVALID_PARAMS', message, { details: { param: 'ref' } });
}
