import * as z from 'zod';
import { defineMethod } from './method.ts';
import { cutText, itemKind, transcriptImage, transcriptPage } from './transcript.ts';

const ref = z.string().min(1).describe('`lockstep:<session id>` or the `ref` of a source session');
const position = z.int().min(0);
const generation = z.string().optional();
const kinds = z
  .array(itemKind)
  .min(1)
  .optional()
  .describe(
    'only items of these kinds, and with `tool_call` the results whose calls are elsewhere; a page or a part may then be empty though records follow',
  );

export const transcriptsPage = defineMethod({
  name: 'transcripts.page',
  summary:
    "A page of a session's transcript, of any origin: its end, or the records from or before a position",
  mutates: false,
  params: z
    .strictObject({
      ref,
      from: position.optional().describe('the first position wanted'),
      before: position.optional().describe('the first position no longer wanted'),
      limit: z.int().min(1).max(1000).default(200).describe('records: events or lines'),
      generation: generation.describe('of the page before; where it no longer holds, the end is given'),
      kinds,
      maxText: z
        .int()
        .min(100)
        .optional()
        .describe('characters: a longer text is cut, and its item says where the whole is'),
    })
    .refine((params) => params.from === undefined || params.before === undefined, {
      error: 'give `from` or `before`, not both',
      path: ['before'],
    }),
  result: transcriptPage,
});

/** What the calls that go through a whole transcript in parts have in common: who has seen enough stops calling. */
const scanParams = {
  ref,
  from: position.default(0).describe('the `next` of the part before'),
  generation: generation.describe(
    'of the part before; where it no longer holds, the scan begins anew, as it does where `from` is beyond the end',
  ),
};
const scanResult = {
  start: position.describe('where this part began: 0 where the scan began anew'),
  next: position.optional().describe('absent when the transcript was gone through'),
  size: position.describe('where the transcript ends; once it was gone through, where what is added begins'),
  generation: z.string(),
};

/**
 * Occurrences of the text in one part of an item; letters match whatever their case. Within a call, of an item that was
 * written again only the last record that may hold the text counts; across calls, a later hit replaces an earlier one of
 * the same `id` and `part`.
 */
export const transcriptHit = z.strictObject({
  id: z.string(),
  position,
  callId: z.string().optional().describe('of a tool result that a reader shows with its call'),
  part: cutText.shape.part,
  count: z.int().min(1),
});
export type TranscriptHit = z.infer<typeof transcriptHit>;

export const transcriptsFind = defineMethod({
  name: 'transcripts.find',
  summary:
    'Where a text stands in a transcript, part by part; of the hits of one `id` and `part`, the last one holds',
  mutates: false,
  params: z.strictObject({ ...scanParams, text: z.string().min(1).max(1000), kinds }),
  result: z.strictObject({ ...scanResult, hits: z.array(transcriptHit) }),
});

export const outlineEntry = z.strictObject({
  id: z.string(),
  position,
  kind: z
    .enum(['iteration', 'iterationEnd', 'prompt'])
    .describe('`iterationEnd`: of the last iteration before it, where its program tells'),
  number: z.int().min(1).optional(),
  text: z
    .string()
    .describe('one line: what the person asked, what the iteration began with, or how it has ended'),
  timestamp: z.string().optional(),
});
export type OutlineEntry = z.infer<typeof outlineEntry>;

export const transcriptsOutline = defineMethod({
  name: 'transcripts.outline',
  summary:
    'The iterations of a transcript, how they ended, and what the person said, part by part; a later entry of an `id` replaces an earlier one',
  mutates: false,
  params: z.strictObject(scanParams),
  result: z.strictObject({ ...scanResult, entries: z.array(outlineEntry) }),
});

export const transcriptsExport = defineMethod({
  name: 'transcripts.export',
  summary: 'A transcript as Markdown, part by part',
  mutates: false,
  params: z.strictObject({ ...scanParams, kinds }),
  result: z.strictObject({ ...scanResult, content: z.string() }),
});

export const transcriptsText = defineMethod({
  name: 'transcripts.text',
  summary: 'The whole of a text that a page holds only the beginning of',
  mutates: false,
  params: z.strictObject({
    ref,
    ...cutText.pick({ position: true, id: true, part: true }).shape,
    generation,
  }),
  result: z.strictObject({ text: z.string() }),
});

export const transcriptsImage = defineMethod({
  name: 'transcripts.image',
  summary: 'A picture of a transcript',
  mutates: false,
  params: z.strictObject({ ref, ...transcriptImage.shape, generation }),
  result: z.strictObject({
    mediaType: z.enum(['image/png', 'image/jpeg', 'image/gif', 'image/webp']),
    data: z.string().describe('base64'),
  }),
});
