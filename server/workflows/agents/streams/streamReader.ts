import type { AgentEvent, AgentUsage } from '../agent.ts';

/** How the agent's process ended, and what it left unsaid in its stream. */
export interface StreamEnd {
  /** Undefined where the process was ended by a signal, or by us. */
  readonly code: number | undefined;
  /** The last line, where no line end came after it: most often half a line. */
  readonly rest: string | undefined;
}

/** What the stream says of the iteration. `limit`: the agent reached a limit of its own. */
export interface StreamOutcome {
  readonly outcome: 'success' | 'error' | 'limit';
  /** Why, where it is no success. */
  readonly message?: string;
  /** The last answer; `answerTail` cuts it. */
  readonly output: string;
  readonly truncated?: boolean;
  readonly usage?: AgentUsage;
  readonly sessionHandle?: string;
  /** What to show of `rest`. */
  readonly events?: readonly AgentEvent[];
}

/**
 * Understands what one agent prints, from its first byte to its last. Holds no more than the last answer. It goes by
 * what the stream says, not by the exit code: agents exit with 0 after errors, and with others after success. Nothing
 * here throws: what is not understood becomes a `raw` event.
 */
export interface StreamReader {
  /** Whole lines, in order, without their ends (LF or CRLF); as many as came at once. */
  lines(lines: readonly string[]): readonly AgentEvent[];
  /** Called once, after the last line. */
  end(end: StreamEnd): StreamOutcome;
}
