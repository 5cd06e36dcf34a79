import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  ResponseError,
  State,
  TransportKind,
} from 'vscode-languageclient/node';
import * as vscode from 'vscode';
import type * as z from 'zod';
import { wireError } from '../../server/protocol/error.ts';
import type { Method } from '../../server/protocol/method.ts';
import { didChange, sourcesDidChange } from '../../server/protocol/notifications.ts';
import type { SourceKind } from '../../server/protocol/sourceSession.ts';
import { Settings } from '../ids.ts';
import { CallError } from './callError.ts';

/** A server that crashes this often within this time is left down until somebody restarts it. */
const MOST_CRASHES = 5;
const CRASH_WINDOW_MS = 3 * 60 * 1000;

export type ServerState = 'starting' | 'running' | 'down';

/** The server process and the connection to it, over all its restarts. */
export class LockstepServer implements vscode.Disposable {
  readonly #client: LanguageClient;
  readonly #stateChanged = new vscode.EventEmitter<ServerState>();
  readonly #storeChanged = new vscode.EventEmitter<number>();
  readonly #sourcesChanged = new vscode.EventEmitter<readonly SourceKind[]>();
  #state: ServerState = 'down';
  #crashes: number[] = [];

  /** Fires with the new state. 'running' comes again after each restart: what was read before may be out of date. */
  readonly onDidChangeState = this.#stateChanged.event;
  /** The store's revision has grown. */
  readonly onDidChangeStore = this.#storeChanged.event;
  /** Files of these sources were added, changed or removed. */
  readonly onDidChangeSources = this.#sourcesChanged.event;

  constructor(modulePath: string, log: vscode.LogOutputChannel) {
    const store = vscode.workspace.getConfiguration(Settings.section).get<string>(Settings.store, '');
    const env = store === '' ? {} : { LOCKSTEP_HOME: store };
    const run = {
      module: modulePath,
      transport: TransportKind.stdio,
      options: { env: { ...process.env, ...env } },
    };
    this.#client = new LanguageClient(
      'lockstep',
      'Lockstep',
      { run, debug: run },
      {
        documentSelector: [],
        outputChannel: log,
        errorHandler: {
          error: () => ({ action: ErrorAction.Continue, handled: true }),
          closed: () => ({ action: this.#afterCrash(), handled: true }),
        },
        initializationFailedHandler: () => false,
      },
    );
    this.#client.onDidChangeState(({ newState }) => {
      this.#setState(
        newState === State.Running ? 'running' : newState === State.Starting ? 'starting' : 'down',
      );
    });
    this.#client.onNotification(didChange.name, (params: unknown) => {
      const parsed = didChange.params.safeParse(params);
      if (parsed.success) this.#storeChanged.fire(parsed.data.revision);
    });
    this.#client.onNotification(sourcesDidChange.name, (params: unknown) => {
      const parsed = sourcesDidChange.params.safeParse(params);
      if (parsed.success) this.#sourcesChanged.fire(parsed.data.kinds);
    });
  }

  get state(): ServerState {
    return this.#state;
  }

  /** Starts the server if it is down. A start that fails is told through the state. */
  async start(): Promise<void> {
    this.#setState('starting');
    try {
      await this.#client.start();
    } catch {
      this.#setState('down'); // the client has written why to the log
    }
  }

  async restart(): Promise<void> {
    this.#crashes = [];
    try {
      await this.#client.stop();
    } catch {
      // It was not running.
    }
    await this.start();
  }

  /** @throws CallError */
  async call<P extends z.ZodType, R extends z.ZodType>(
    method: Method<P, R>,
    params: z.input<P>,
  ): Promise<z.output<R>> {
    let answer: unknown;
    try {
      answer = await this.#client.sendRequest(`lockstep/${method.name}`, params);
    } catch (error) {
      throw this.#callError(error, method.name);
    }
    const result = method.result.safeParse(answer);
    if (result.success) return result.data;
    throw this.#localError(method.name, `The answer to ${method.name} is not what this version expects.`);
  }

  async dispose(): Promise<void> {
    for (const emitter of [this.#stateChanged, this.#storeChanged, this.#sourcesChanged]) emitter.dispose();
    await this.#client.dispose();
  }

  #callError(error: unknown, method: string): CallError {
    const wire = wireError.safeParse(error instanceof ResponseError ? error.data : undefined);
    if (wire.success) return new CallError(wire.data);
    const message =
      this.#state === 'running'
        ? `${method} failed: ${error instanceof Error ? error.message : String(error)}`
        : vscode.l10n.t('The Lockstep server is not running.');
    return this.#localError(method, message);
  }

  #localError(method: string, message: string): CallError {
    return new CallError({
      code: 'INTERNAL',
      title: vscode.l10n.t('Lockstep cannot do that now'),
      message,
      requestId: 'none',
      actions: [{ kind: 'retry', label: 'Try Again' }],
      details: { method },
    });
  }

  #afterCrash(): CloseAction {
    const now = Date.now();
    this.#crashes = [...this.#crashes.filter((at) => now - at < CRASH_WINDOW_MS), now];
    return this.#crashes.length < MOST_CRASHES ? CloseAction.Restart : CloseAction.DoNotRestart;
  }

  #setState(state: ServerState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#stateChanged.fire(state);
  }
}
