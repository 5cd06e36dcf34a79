import * as z from 'zod';
import { LockstepError } from '../domain/errors.ts';
import type { ResultOf } from '../protocol/method.ts';
import type { transcriptsImage } from '../protocol/transcriptMethods.ts';

export type Picture = ResultOf<typeof transcriptsImage>;

/** 6 MiB, of the picture itself: base64 of more does not fit into a line that is read, see MAX_LINE_BYTES. */
export const MAX_PICTURE_BYTES = 6 * 1024 * 1024;

const text = z.string().optional().catch(undefined);

/** A part of a message that is a picture; anything else in it is ignored. What it says of its type is not believed. */
const pictureBlock = z.object({
  data: text, // pi, OpenClaw
  url: text,
  source: z.object({ data: text, url: text }).optional().catch(undefined), // Claude Code
});

/**
 * The picture in a part of a message. Nothing is loaded from elsewhere.
 * @throws LockstepError IMAGE_REFUSED where it is none of the formats that are shown, or not there.
 */
export function pictureOf(block: unknown): Picture {
  const { data, url, source } = pictureBlock.safeParse(block).data ?? {};
  const found = [data, source?.data, url, source?.url].find((each) => each !== undefined && each !== '');
  if (found === undefined)
    throw refused('The transcript names a picture here and holds none. Look for it in the agent itself.');
  const encoded = padded(base64Of(found));
  const bytes = decodedBytes(encoded);
  if (bytes > MAX_PICTURE_BYTES)
    throw refused(
      `This picture has ${inMiB(bytes)} MiB; up to ${inMiB(MAX_PICTURE_BYTES)} MiB are shown. Open the session's file to get at it.`,
    );
  if (encoded.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(encoded))
    throw refused('This picture is damaged: it is not in base64. Look for it in the agent itself.');
  const mediaType = mediaTypeOf(Buffer.from(encoded.slice(0, 64), 'base64'));
  if (mediaType === undefined)
    throw refused(
      "This is not a picture that is shown: its content is neither PNG, JPEG, GIF nor WebP. Open the session's file to see what it is.",
    );
  return { mediaType, data: encoded };
}

function base64Of(found: string): string {
  const isData = /^\s*data:/i.test(found.slice(0, 100));
  if (!isData && /^\s*[a-z][a-z0-9+.-]*:/i.test(found.slice(0, 100)))
    throw refused(
      'This picture is not in the transcript, which only names an address for it. Pictures are never loaded from elsewhere: look for it in the agent itself.',
    );
  if (!isData) return found.replaceAll(/\s+/g, '');
  const comma = found.indexOf(',');
  if (comma === -1 || !/;\s*base64\s*$/i.test(found.slice(0, comma).slice(-100)))
    throw refused('This picture is not in base64, and is not shown. Look for it in the agent itself.');
  return found.slice(comma + 1).replaceAll(/\s+/g, '');
}

/** Some encoders leave the padding out. What is too long or short by one character stays damaged. */
function padded(encoded: string): string {
  const missing = encoded.endsWith('=') ? 0 : (4 - (encoded.length % 4)) % 4;
  return missing === 3 ? encoded : encoded + '='.repeat(missing);
}

/** Told by the length: nothing is decoded. */
function decodedBytes(encoded: string): number {
  const padding = encoded.endsWith('==') ? 2 : encoded.endsWith('=') ? 1 : 0;
  return Math.floor((encoded.length * 3) / 4) - padding;
}

/** By the first bytes, which alone decide what a browser would make of it. */
function mediaTypeOf(head: Buffer): Picture['mediaType'] | undefined {
  const begins = head.toString('latin1');
  if (begins.startsWith('\x89PNG\r\n\x1A\n')) return 'image/png';
  if (begins.startsWith('\xFF\xD8\xFF')) return 'image/jpeg';
  if (/^GIF8[79]a/.test(begins)) return 'image/gif';
  if (begins.startsWith('RIFF') && begins.startsWith('WEBP', 8)) return 'image/webp';
  return undefined;
}

function inMiB(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1).replace(/\.0$/, '');
}

function refused(message: string): LockstepError {
  return new LockstepError('IMAGE_REFUSED', message);
}
