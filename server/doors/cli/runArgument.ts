import { v7 as uuidv7 } from 'uuid';
import { runsList } from '../../protocol/workflowMethods.ts';
import { CallFailed } from './commandError.ts';
import type { CommandContext } from './context.ts';
import { sessionId } from './sessionArgument.ts';

/** The most that the wire gives. */
const MOST = 500;

/**
 * The id of the run that somebody means who wants to end it. Where the beginning of an id fits several sessions, the open
 * runs alone are asked about: the sessions of their steps begin alike, and are not there to be ended, nor is what has.
 * @throws CallFailed where none or several fit
 */
export async function openRunId(context: CommandContext, given: string): Promise<string> {
  try {
    return await sessionId(context, given);
  } catch (error) {
    const areSeveral = error instanceof CallFailed && 'candidates' in error.error.details;
    if (!areSeveral) throw error;
    const { runs } = await context.call(runsList, { isOpen: true, limit: MOST });
    const fitting = runs.filter(({ id }) => id.startsWith(given.toLowerCase()));
    const [only, ...others] = fitting;
    if (only === undefined) throw error;
    if (others.length === 0) return only.id;
    throw new CallFailed({
      code: 'INVALID_PARAMS',
      title: 'Several runs are meant',
      message: `${given} fits ${fitting.length} open runs.`,
      explanation: 'Give more of the id.',
      requestId: uuidv7(),
      actions: [],
      details: { candidates: fitting.map(({ id, name, status }) => ({ id, title: name, status })) },
    });
  }
}
