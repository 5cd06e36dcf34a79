import { transcriptChanged } from '../../domain/errors.ts';
import { pictureOf, type Picture } from '../picture.ts';
import type { PictureQuery } from '../source.ts';
import { generationOf, isGeneration } from './generation.ts';
import { MAX_LINE_BYTES, readLines } from './lines.ts';
import { readRange, type ReadableFile } from './readableFile.ts';
import { readRecord } from './record.ts';
import type { TranscriptFormat } from './transcript.ts';

/**
 * A picture of the record whose line begins at `position`; nothing else of the file is read than that line.
 * @throws LockstepError INVALID_PARAMS where there is no such picture any more, IMAGE_REFUSED where it is not shown.
 */
export async function readPicture<R>(
  file: ReadableFile,
  { position, index, generation }: PictureQuery,
  { parse, images }: Pick<TranscriptFormat<R>, 'parse' | 'images'>,
): Promise<Picture> {
  const facts = await file.stat();
  const isSame = generation === undefined || isGeneration(generation, await generationOf(file, facts));
  if (!isSame || !(await isLineStart(file, position))) throw transcriptChanged();
  // Longer lines are no records.
  const until = Math.min(facts.size, position + MAX_LINE_BYTES + 1);
  for await (const line of readLines(file, position, until)) {
    const reading = readRecord(line, parse);
    const block = reading.kind === 'record' ? images(reading.record)[index] : undefined;
    if (block !== undefined) return pictureOf(block);
    break;
  }
  throw transcriptChanged();
}

async function isLineStart(file: ReadableFile, position: number): Promise<boolean> {
  return position === 0 || (await readRange(file, position - 1, position))[0] === 0x0a;
}
