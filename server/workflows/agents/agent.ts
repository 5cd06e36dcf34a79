import type { Tokens } from '../../protocol/session.ts';
import type { ProcessGroup } from '../supervisor/processGroup.ts';
import type { AgentLimits } from './limits/agentLimits.ts';

/** What an agent is asked to do: one iteration of a step. */
export interface AgentRequest {
  readonly prompt: string;
  /** An absolute path. */
  readonly cwd: string;
  /** Of the step. Of two that name the same variable, the agent's setting wins. */
  readonly env: Readonly<Record<string, string>>;
  /** Wall clock of this iteration, without the time in which a person is asked something. */
  readonly timeoutMs: number;
  /** Of the events: what is read of standard output and standard error together, in UTF-8. */
  readonly maxOutputBytes: number;
  /** Takes so many bytes of what all agents of the run together may write still; gives how many there were. */
  readonly takeOutput?: (bytes: number) => number;
  /** Enforced where the system can: `SystemdScopes.enforcement` tells. */
  readonly limits?: AgentLimits;
  /** A UUID of this try alone, recorded before the agent is started: by it its processes are found again. */
  readonly marker: string;
  /** What loads or resumes the session of an earlier iteration; from `AgentResult.sessionHandle`. */
  readonly sessionHandle?: string;
}

/** What an iteration took so far, as the agent tells it: totals of this iteration, so the last one counts. */
export interface AgentUsage {
  /** `total` is what limits go by. */
  readonly tokens?: Partial<Tokens> & Pick<Tokens, 'total'>;
  readonly costUsd?: number;
  readonly model?: string;
}

export interface PermissionOption {
  readonly id: string;
  readonly name: string;
  readonly kind: 'allow_once' | 'allow_always' | 'reject_once' | 'reject_always';
}

export interface PermissionRequest {
  readonly type: 'permission';
  readonly id: string;
  readonly title: string;
  readonly options: readonly PermissionOption[];
}

/** What an agent does while it works. Texts are at most `MAX_EVENT_TEXT` long; longer ones come in pieces. */
export type AgentEvent =
  | { readonly type: 'message'; readonly role: 'assistant' | 'thought'; readonly text: string }
  | {
      readonly type: 'toolCall';
      readonly callId: string;
      readonly name: string;
      /** JSON, as is `output`. */
      readonly input: unknown;
      readonly status: 'begun' | 'done' | 'failed';
      readonly output?: unknown;
    }
  | ({ readonly type: 'usage' } & AgentUsage)
  | PermissionRequest
  /** A sentence of ours about the agent. */
  | { readonly type: 'notice'; readonly text: string }
  /** What the agent wrote and nobody here understands: nothing is dropped silently. */
  | { readonly type: 'raw'; readonly stream: 'stdout' | 'stderr'; readonly text: string };

/** In UTF-16 units. */
export const MAX_EVENT_TEXT = 256 * 1024;

/**
 * How an iteration ended. `limit`: the agent wrote more than it may, or says that a limit of its own is reached.
 * `cancelled`: we were told to stop. `timeout`: the wall clock ran out. `lost`: the process that watches over the agent
 * was killed, by no doing of the agent, which was ended with it: the iteration says nothing about the step.
 */
export type AgentOutcome = 'success' | 'error' | 'limit' | 'cancelled' | 'timeout' | 'lost';

export interface AgentResult {
  readonly outcome: AgentOutcome;
  /** Why, in words for a person; always there where the outcome is not `success`. */
  readonly message?: string;
  /** The last answer, of which the last `MAX_OUTPUT_TEXT` are kept. */
  readonly output: string;
  /** The answer was longer than `output`. */
  readonly truncated?: boolean;
  readonly usage?: AgentUsage;
  readonly sessionHandle?: string;
  /** What `AgentRequest.maxOutputBytes` bounds; absent where the agent was not started. */
  readonly outputBytes?: number;
  /** Of the agent's process, where it has ended by itself or by a signal. */
  readonly exit?: { readonly code?: number; readonly signal?: string };
}

/** In UTF-16 units. */
export const MAX_OUTPUT_TEXT = 64 * 1024;

/** Where an agent tells what it does. One call at a time: the next begins when the one before has settled. */
export interface AgentSink {
  /** The agent's processes, to be recorded: whoever takes this run over proves by it that they are gone. */
  started(group: ProcessGroup): void | Promise<void>;
  /** While it has not settled, no more is read of the agent. A rejection ends the agent, and rejects its `run`. */
  event(event: AgentEvent): void | Promise<void>;
  /**
   * The id of an option; undefined refuses, as do agents that are cancelled meanwhile.
   * @param onAsked  a person is asked from now on, who takes the time that it takes
   */
  permission(request: PermissionRequest, onAsked: () => void): Promise<string | undefined>;
}

export interface Agent {
  /**
   * One iteration. Settles when all of the agent's processes are gone. What goes wrong with the agent is a result;
   * only an error of the sink rejects. Aborting the signal ends the agent.
   */
  run(request: AgentRequest, sink: AgentSink, signal: AbortSignal): Promise<AgentResult>;
}
