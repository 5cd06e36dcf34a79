import { transcriptChanged } from '../../../domain/errors.ts';
import { isGeneration } from '../../jsonl/generation.ts';
import { readRecord } from '../../jsonl/record.ts';
import type { TranscriptFormat } from '../../jsonl/transcript.ts';
import { pictureOf, type Picture } from '../../picture.ts';
import type { PictureQuery } from '../../source.ts';
import { conversationGeneration, identityOf } from './conversationPage.ts';
import { conversationOf, eventText, firstSeqOf } from './events.ts';
import { readDatabase } from './readDatabase.ts';

/**
 * A picture of the event whose `seq` is `position`; of the events, only that one is read.
 * @throws LockstepError INVALID_PARAMS where there is no such picture any more, IMAGE_REFUSED where it is not shown,
 * and where the database cannot be read.
 */
export async function readEventPicture<R>(
  database: string,
  sessionId: string,
  { position, index, generation }: PictureQuery,
  { parse, images }: Pick<TranscriptFormat<R>, 'parse' | 'images'>,
): Promise<Picture> {
  const identity = await identityOf(database);
  const block = await readDatabase(database, (db) => {
    const conversation = conversationOf(db, sessionId);
    const first = conversation && firstSeqOf(conversation);
    if (conversation === undefined || first === undefined) return undefined;
    const isSame =
      generation === undefined ||
      isGeneration(generation, conversationGeneration(conversation, first, identity));
    const text = isSame ? eventText(conversation, position) : undefined;
    if (typeof text !== 'string') return undefined;
    const content = Buffer.from(text);
    const reading = readRecord({ position, end: position + 1, content }, parse);
    return reading.kind === 'record' ? images(reading.record)[index] : undefined;
  });
  if (block === undefined) throw transcriptChanged();
  return pictureOf(block);
}
