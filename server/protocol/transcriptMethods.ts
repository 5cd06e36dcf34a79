import * as z from 'zod';
import { defineMethod } from './method.ts';
import { transcriptPage } from './transcript.ts';

export const transcriptsPage = defineMethod({
  name: 'transcripts.page',
  summary:
    "A page of a session's transcript, of any origin: its end, or the records from or before a position",
  mutates: false,
  params: z
    .strictObject({
      ref: z.string().min(1).describe('`lockstep:<session id>` or the `ref` of a source session'),
      from: z.int().min(0).optional().describe('the first position wanted'),
      before: z.int().min(0).optional().describe('the first position no longer wanted'),
      limit: z.int().min(1).max(1000).default(200).describe('records: events or lines'),
      generation: z
        .string()
        .optional()
        .describe('of the page before; where it no longer holds, the end is given'),
    })
    .refine((params) => params.from === undefined || params.before === undefined, {
      error: 'give `from` or `before`, not both',
      path: ['before'],
    }),
  result: transcriptPage,
});
