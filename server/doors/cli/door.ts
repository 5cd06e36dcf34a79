import type { Readable, Writable } from 'node:stream';
import type { Client } from '../../methods/client.ts';
import type { Registry } from '../../methods/registry.ts';
import type { Disposable } from '../../platform/disposable.ts';

/** What a command line is run on. */
export interface CliDoor {
  readonly registry: Registry;
  readonly connect: (onLost?: (session: string) => void) => Client;
  readonly env: NodeJS.ProcessEnv;
  readonly onDidChange: (listener: (revision: number) => void) => Disposable;
  readonly version: string;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
}
