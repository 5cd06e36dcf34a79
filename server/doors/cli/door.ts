import type { Readable, Writable } from 'node:stream';
import type { Client } from '../../methods/client.ts';
import type { Registry } from '../../methods/registry.ts';
import type { Disposable } from '../../platform/disposable.ts';

/** What a command line is run on. */
export interface CliDoor {
  readonly registry: Registry;
  readonly connect: (onLost?: (session: string) => void) => Client;
  /** Drives a run until it stands still, or until the signal; that leaves it. @throws CallFailed */
  readonly drive: (run: string, signal: AbortSignal) => Promise<string>;
  /** Ends what killed runs have left at work. Never rejects. */
  readonly sweepRuns: () => Promise<void>;
  readonly env: NodeJS.ProcessEnv;
  readonly onDidChange: (listener: (revision: number) => void) => Disposable;
  readonly version: string;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
}
