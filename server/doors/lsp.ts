import { createConnection, ProposedFeatures, ResponseError } from 'vscode-languageserver/node';
import type { Client } from '../methods/client.ts';
import type { Registry } from '../methods/registry.ts';
import type { Disposable } from '../platform/disposable.ts';
import type { Logger } from '../platform/logger.ts';
import { didChange, sourcesDidChange } from '../protocol/notifications.ts';
import type { SourceKind } from '../protocol/sourceSession.ts';
import { rpcCode } from './jsonRpc.ts';
import { workflowFacts } from './lspWorkflowFacts.ts';
import { joinWorkflows } from './lspWorkflows.ts';

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
      const client = connect();
      const facts = workflowFacts({
        client,
        registry,
        logger,
        onAgents: () => language.agentsChanged(),
        onRuns: () => language.runsChanged(),
      });
      const language = joinWorkflows(
        connection,
        { agents: () => facts.agents, runOf: (uri) => facts.runOf(uri) },
        () => facts.refresh(),
      );
      connection.onInitialize((params) => ({
        capabilities: language.initialize(params),
        serverInfo: { name: 'lockstep', version },
      }));
      connection.onInitialized(() => {
        onDidChange((revision) => {
          void connection.sendNotification(didChange.name, { revision });
          if (language.isInUse()) facts.refresh();
        });
        onSourcesDidChange((kinds) => void connection.sendNotification(sourcesDidChange.name, { kinds }));
      });
      for (const { name } of registry.methods()) {
        connection.onRequest(`lockstep/${name}`, async (params: unknown) => {
          const outcome = await client.call(name, params ?? {});
          if (outcome.ok) return outcome.result;
          const { error } = outcome;
          return new ResponseError(rpcCode(error), error.message, error);
        });
      }
      // The process ends with the exit notification: what takes time is done before.
      connection.onShutdown(() => {
        facts.dispose();
        language.dispose();
        return client.close();
      });
      connection.onExit(onExit);
      connection.listen();
    },
  };
}
