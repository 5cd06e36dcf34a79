import * as z from 'zod';
import type { Session } from '../../server/protocol/session.ts';
import { sessionStatus, tokens } from '../../server/protocol/session.ts';
import type { SourceSession } from '../../server/protocol/sourceSession.ts';
import { activity } from '../../server/protocol/sourceSession.ts';

/** A command that the header offers as a button. */
export const headerAction = z.strictObject({
  command: z.string(),
  title: z.string(),
  icon: z.string().describe('of the codicons'),
});
export type HeaderAction = z.infer<typeof headerAction>;

/** What a panel shows above the transcript: of a session of Lockstep's own a status, of any other what is known. */
export const transcriptHeader = z.strictObject({
  title: z.string(),
  agent: z.string().optional().describe("the agent's name, as a person knows it"),
  status: sessionStatus.optional(),
  pausing: z.boolean().optional(),
  activity: activity.optional(),
  iterations: z.strictObject({ done: z.int().min(0), max: z.int().min(1) }).optional(),
  model: z.string().optional(),
  tokens: tokens.optional(),
  costUsd: z.number().min(0).optional(),
  partial: z.boolean().optional().describe('true where tokens and cost cover only a part of the transcript'),
  place: z.string().optional().describe('the folder that the agent works in'),
  actions: z.array(headerAction).optional().describe('those that are used most first'),
});
export type TranscriptHeader = z.infer<typeof transcriptHeader>;

export type HeaderSession = Omit<Session, 'context' | 'metadata' | 'result'>;

/** Of a session that is not there any more: nothing can be done with it. */
export function withoutActions(header: TranscriptHeader): TranscriptHeader {
  const { actions: _, ...rest } = header;
  return rest;
}

export function headerOfSession(session: HeaderSession): TranscriptHeader {
  return {
    title: session.title,
    agent: session.agentId ?? 'Lockstep',
    status: session.status,
    pausing: session.pausing,
    iterations: { done: session.iterations, max: session.maxIterations },
    model: session.model,
    tokens: session.tokens.total > 0 ? session.tokens : undefined,
    costUsd: session.costUsd,
    place: session.workspace,
  };
}

export function headerOfSource(session: SourceSession, agent: string): TranscriptHeader {
  return {
    title: session.title,
    agent,
    activity: session.activity,
    model: session.model,
    tokens: session.tokens,
    costUsd: session.costUsd,
    partial: session.partial,
    place: session.cwd,
  };
}
