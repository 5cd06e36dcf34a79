import * as z from 'zod';
import { defineMethod } from './method.ts';
import { session } from './session.ts';

export const exportFormat = z.enum(['jsonl', 'markdown']);
export type ExportFormat = z.infer<typeof exportFormat>;

/** The most sessions of one export, and the longest import, in characters. */
export const MAX_EXPORTED = 10_000;
export const MAX_IMPORT_CHARACTERS = 64 * 1024 * 1024;

export const sessionsFork = defineMethod({
  name: 'sessions.fork',
  summary: 'Start a session that has the history of another up to a point; the other stays as it is',
  mutates: true,
  params: z.strictObject({
    id: z.string().describe('session id'),
    atSeq: z.int().min(1).optional().describe('the last event that the fork has; all of them if unset'),
  }),
  result: session,
});

export const sessionsExport = defineMethod({
  name: 'sessions.export',
  summary: 'Sessions with their history as text: jsonl keeps everything, markdown is for people',
  mutates: false,
  params: z.strictObject({
    ids: z.array(z.string()).min(1).max(MAX_EXPORTED),
    format: exportFormat.default('jsonl'),
    cursor: z.string().max(4096).optional().describe('`nextCursor` of the part before'),
  }),
  result: z.strictObject({
    content: z.string().describe('a part of the text; all parts in a row are the whole'),
    nextCursor: z.string().optional().describe('absent with the last part'),
  }),
});

export const sessionsImport = defineMethod({
  name: 'sessions.import',
  summary: 'Add exported sessions, all of them or none; an id that is taken is replaced by a new one',
  mutates: true,
  params: z.strictObject({
    format: z.literal('jsonl').default('jsonl'),
    content: z
      .string()
      .min(1)
      .max(MAX_IMPORT_CHARACTERS, {
        error: `must be at most ${MAX_IMPORT_CHARACTERS} characters (64 Mi): export fewer sessions into one file`,
      })
      .describe('what `sessions.export` gave, the whole of it; at most 64 Mi characters'),
  }),
  result: z.strictObject({
    sessions: z
      .array(
        z.strictObject({
          from: z.string().describe('the id in the export'),
          id: z.string().describe('the id that it has now'),
          title: z.string(),
          droppedLabel: z.string().optional().describe('was taken by another session'),
        }),
      )
      .describe('in the order of the export'),
  }),
  deadlineMs: 600_000,
});
