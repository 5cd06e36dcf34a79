import {
  createConnection,
  ProposedFeatures,
  ResponseError,
  TextDocumentSyncKind,
} from 'vscode-languageserver/node';
import type { Client } from '../methods/client.ts';
import type { Registry } from '../methods/registry.ts';
import type { Disposable } from '../platform/disposable.ts';
import type { Logger } from '../platform/logger.ts';
import { didChange, sourcesDidChange } from '../protocol/notifications.ts';
import type { SourceKind } from '../protocol/sourceSession.ts';
import { rpcCode } from './jsonRpc.ts';

export interface LspDoor {
  readonly registry: Registry;
  readonly connect: () => Client;
  readonly onDidChange: (listener: (revision: number) => void) => Disposable;
  readonly onSourcesDidChange: (listener: (kinds: SourceKind[]) => void) => Disposable;
  readonly version: string;
  /** Called when the client is gone. */
  readonly onExit: () => void;
}

export interface LspConnection {
  readonly logger: Logger;
  /** Opens the door: every method as `lockstep/<name>`, changes as notifications. */
  serve(door: LspDoor): void;
}

/** The Language Server Protocol on stdin and stdout. In two steps, since the log of all the rest goes through it. */
export function connectLsp(): LspConnection {
  const connection = createConnection(ProposedFeatures.all, process.stdin, process.stdout);
  const logger: Logger = {
    log(level, message, facts) {
      const line = facts === undefined ? message : `${message} ${JSON.stringify(facts)}`;
      const write = { debug: 'debug', info: 'info', warn: 'warn', error: 'error' } as const;
      connection.console[write[level]](line);
    },
  };
  return {
    logger,
    serve({ registry, connect, onDidChange, onSourcesDidChange, version, onExit }) {
      connection.onInitialize(() => ({
        capabilities: { textDocumentSync: TextDocumentSyncKind.None },
        serverInfo: { name: 'lockstep', version },
      }));
      connection.onInitialized(() => {
        onDidChange((revision) => void connection.sendNotification(didChange.name, { revision }));
        onSourcesDidChange((kinds) => void connection.sendNotification(sourcesDidChange.name, { kinds }));
      });
      const client = connect();
      for (const { name } of registry.methods()) {
        connection.onRequest(`lockstep/${name}`, async (params: unknown) => {
          const outcome = await client.call(name, params ?? {});
          if (outcome.ok) return outcome.result;
          const { error } = outcome;
          return new ResponseError(rpcCode(error), error.message, error);
        });
      }
      // The process ends with the exit notification: what takes time is done before.
      connection.onShutdown(() => client.close());
      connection.onExit(onExit);
      connection.listen();
    },
  };
}
