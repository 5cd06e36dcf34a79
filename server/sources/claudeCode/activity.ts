import type { Activity } from '../../protocol/sourceSession.ts';
import type { ClaudeProcess } from './schema.ts';
import type { Turn } from './listing.ts';

/**
 * `process` is one that is proven to be alive. What it says about itself goes before what the transcript lets one
 * guess, since it writes the transcript later. `waiting` is for a permission or an answer: the turn is not finished,
 * and nobody works on it.
 */
export function claudeActivity(turn: Turn, process: ClaudeProcess | undefined): Activity {
  if (process === undefined) return activityWithoutProcess(turn, 'no live process found');
  const alive = `process ${process.pid} is alive`;
  switch (process.status) {
    case 'idle':
      return { state: 'idle', evidence: `process ${process.pid} is waiting for input` };
    case 'waiting':
      return { state: 'open', evidence: `process ${process.pid} is waiting for an answer` };
    case 'busy':
    case 'shell':
      return { state: 'running', evidence: `${alive} (${process.status})` };
    default:
      // Older versions write no status, and a newer one may write one that we do not know.
      return turn === 'open' || turn === 'unknown'
        ? { state: 'running', evidence: alive }
        : { state: 'idle', evidence: `${alive}; ${activityWithoutProcess(turn, '').evidence}` };
  }
}

/** A sub-agent has no process of its own, and its session's says nothing about which sub-agents it still runs. */
export function claudeSubAgentActivity(turn: Turn, ofSession: ClaudeProcess | undefined): Activity {
  return activityWithoutProcess(
    turn,
    ofSession === undefined ? 'no live process found' : `process ${ofSession.pid} of its session is alive`,
  );
}

function activityWithoutProcess(turn: Turn, processEvidence: string): Activity {
  switch (turn) {
    case 'open':
      return { state: 'open', evidence: `turn not finished; ${processEvidence}` };
    case 'finished':
      return { state: 'idle', evidence: 'the last turn is finished' };
    case 'interrupted':
      return { state: 'idle', evidence: 'the last turn was interrupted' };
    case 'none':
      return { state: 'idle', evidence: 'nothing was asked yet' };
    case 'unknown':
      return { state: 'idle', evidence: 'the last entry is too large for a list to read' };
  }
}
