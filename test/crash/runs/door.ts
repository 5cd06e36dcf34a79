import type { Run } from '../../../server/protocol/workflowMethods.ts';
import type { RpcClient } from '../../support/rpcClient.ts';
import type { Kind } from './victims.ts';

/** Through what a run is started and told what to do: any process behind it may be killed at any time. */
export interface Door {
  /** What the store is looked at with. */
  readonly client: RpcClient;
  readonly isOpen: boolean;
  /** How long it may take from the end of `start` and `resume` until a runner is there, in milliseconds. */
  readonly launchMs: number;
  /** Makes what was killed anew; where there is a run, it is seen. */
  open(): Promise<void>;
  killed(kinds: readonly Kind[]): void;
  start(): Promise<void>;
  pause(run: Run): Promise<void>;
  resume(run: Run): Promise<void>;
  /** Leaves nothing behind. */
  close(): Promise<void>;
}

export interface DoorOptions {
  /** The folder of the store. */
  readonly home: string;
  readonly workspace: string;
  /** Of the workflow. */
  readonly file: string;
  readonly tag: string;
  /** Runs end with who has started them. */
  readonly endsWithWindow: boolean;
}
