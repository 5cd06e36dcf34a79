import * as z from 'zod';
import { defineMethod } from './method.ts';
import { sourceKind, sourceProblem, sourceSession } from './sourceSession.ts';

export const sourcesList = defineMethod({
  name: 'sources.list',
  summary: 'The agents whose sessions are read, and where their files are',
  mutates: false,
  params: z.strictObject({}),
  result: z.strictObject({
    sources: z.array(
      z.strictObject({ kind: sourceKind, label: z.string(), root: z.string(), found: z.boolean() }),
    ),
  }),
});

export const sourcesSessions = defineMethod({
  name: 'sources.sessions',
  summary: "Other agents' sessions, newest first",
  mutates: false,
  params: z.strictObject({
    kinds: z.array(sourceKind).optional(),
    limit: z.int().min(1).max(10_000).default(500).describe('per source; sub-agents come with their parent'),
  }),
  result: z.strictObject({
    sessions: z.array(sourceSession),
    totals: z.partialRecord(sourceKind, z.int().min(0)).describe('top-level sessions on disk, by source'),
    problems: z.array(sourceProblem),
  }),
});
