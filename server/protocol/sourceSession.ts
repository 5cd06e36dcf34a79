import * as z from 'zod';
import { isoTime, tokens } from './session.ts';

/** The agents whose own session stores Lockstep reads. */
export const sourceKind = z.enum(['claude-code', 'pi', 'openclaw']);
export type SourceKind = z.infer<typeof sourceKind>;

/**
 * What is known of a foreign session's state. `running`: a live process is proof. `open`: a turn is not finished,
 * and nothing proves that anyone works on it. `idle`: the last turn is finished. `ended`: the agent says so.
 */
export const activity = z.strictObject({
  state: z.enum(['running', 'open', 'idle', 'ended']),
  evidence: z.string(),
});
export type Activity = z.infer<typeof activity>;

/** A program and its arguments: never a line for a shell, since titles and paths come from files we do not own. */
export const commandLine = z.strictObject({
  program: z.string(),
  args: z.array(z.string()),
  cwd: z.string().optional(),
});
export type CommandLine = z.infer<typeof commandLine>;

/** What OpenClaw's own methods need to know of a session, and what can be done with it. */
export const openclawSession = z.strictObject({
  key: z.string().describe('in its one form: `agent:<agent>:<rest>`, `global` or `unknown`'),
  agentId: z.string().optional().describe('that the key names'),
  era: z
    .enum(['file', 'sqlite'])
    .describe('`file`: `sessions.*` can change it; `sqlite`: OpenClaw alone can, since 2026.8'),
  stateDir: z.string().describe('absolute path; `source: "openclaw:<stateDir>"` in the `sessions.*` methods'),
  label: z.string().optional(),
  archived: z.boolean(),
  protected: z.boolean().describe("an agent's main session, which cannot be deleted"),
});
export type OpenclawSourceSession = z.infer<typeof openclawSession>;

/** A session in another agent's store, as a list shows it: only what its head and tail tell. */
export const sourceSession = z.strictObject({
  ref: z.string().describe('names it in `transcripts.page`: `<source>:<path below its root>`'),
  source: sourceKind,
  id: z.string().describe("the agent's own id of it; not unique, since agents copy sessions"),
  path: z.string().describe('absolute path of its file; of the store, where it has none of its own'),
  title: z.string(),
  cwd: z.string().optional().describe('absolute path of the folder it works in'),
  createdAt: isoTime.optional(),
  updatedAt: isoTime,
  sizeBytes: z.int().min(0).optional().describe('of its file; absent where it has none of its own'),
  model: z.string().optional(),
  tokens: tokens.optional(),
  costUsd: z.number().min(0).optional().describe('US dollars, as reported'),
  partial: z
    .boolean()
    .describe('true where tokens and cost cover only the part of the file that a list reads'),
  activity,
  parentRef: z.string().optional().describe('of the session whose sub-agent this is'),
  damagedLines: z.int().min(0).describe('lines that could not be read, in the part that a list reads'),
  resume: commandLine.optional(),
  openclaw: openclawSession.optional().describe('of a session that OpenClaw knows, not of a mere transcript'),
});
export type SourceSession = z.infer<typeof sourceSession>;

/** Something on disk that should have been a session and could not be read, so that it is never silently left out. */
export const sourceProblem = z.strictObject({ source: sourceKind, path: z.string(), message: z.string() });
export type SourceProblem = z.infer<typeof sourceProblem>;
