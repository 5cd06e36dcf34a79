import { CloseAction, ErrorAction, LanguageClient, State, TransportKind } from 'vscode-languageclient/node';
import type * as vscode from 'vscode';
import { Commands, Languages } from '../ids.ts';

export interface LanguageClientOptions {
  /** Absolute path of the server's module; it runs on VS Code's own Node. */
  readonly modulePath: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: vscode.LogOutputChannel;
  readonly onState: (state: 'starting' | 'running' | 'down') => void;
  /** Asked after each crash: whether to start the server again. */
  readonly restartsAfterCrash: () => boolean;
}

/**
 * Reading a transcript makes much that is soon of no use. With the young generation at its default size V8 lets that
 * grow to a hundred megabytes before it looks; in MiB.
 */
const YOUNG_GENERATION = '--max-semi-space-size=4';

/** A client for a server process over its stdin and stdout. Not started yet. */
export function createLanguageClient(options: LanguageClientOptions): LanguageClient {
  const { modulePath, env, log, onState, restartsAfterCrash } = options;
  const run = {
    module: modulePath,
    transport: TransportKind.stdio,
    options: { env, execArgv: [YOUNG_GENERATION] },
  };
  const client = new LanguageClient(
    'lockstep',
    'Lockstep',
    { run, debug: run },
    {
      // Past versions of a file, as a comparison shows them, are not checked.
      documentSelector: ['file', 'untitled'].map((scheme) => ({ scheme, language: Languages.workflow })),
      initializationOptions: {
        workflowCommands: {
          run: Commands.runWorkflow,
          resume: Commands.resumeRun,
          stop: Commands.stopRun,
          show: Commands.openTranscript,
        },
      },
      outputChannel: log,
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => ({
          action: restartsAfterCrash() ? CloseAction.Restart : CloseAction.DoNotRestart,
          handled: true,
        }),
      },
      initializationFailedHandler: () => false,
    },
  );
  client.onDidChangeState(({ newState }) => {
    onState(newState === State.Running ? 'running' : newState === State.Starting ? 'starting' : 'down');
  });
  return client;
}
