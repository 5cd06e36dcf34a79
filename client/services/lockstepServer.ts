import type { LanguageClient } from 'vscode-languageclient/node';
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
  readonly #modulePath: string;
  readonly #log: vscode.LogOutputChannel;
  #client: LanguageClient | undefined;
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
    this.#modulePath = modulePath;
    this.#log = log;
  }

  get state(): ServerState {
    return this.#state;
  }

  /** Starts the server if it is down. A start that fails is told through the state. */
  async start(): Promise<void> {
    this.#setState('starting');
    try {
      this.#client = await this.#connect();
      await this.#client.start();
    } catch (error) {
      this.#log.error(error instanceof Error ? error : String(error));
      this.#setState('down');
    }
  }

  /** Ends the server and starts it anew, with the settings as they are now. */
  async restart(): Promise<void> {
    this.#crashes = [];
    await this.#end();
    await this.start();
  }

  /** @throws CallError */
  async call<P extends z.ZodType, R extends z.ZodType>(
    method: Method<P, R>,
    params: z.input<P>,
  ): Promise<z.output<R>> {
    let answer: unknown;
    try {
      if (!this.#client) throw new Error('the server was not started');
      answer = await this.#client.sendRequest(`lockstep/${method.name}`, params);
    } catch (error) {
      throw this.#callError(error, method.name);
    }
    const result = method.result.safeParse(answer);
    if (result.success) return result.data;
    throw this.#localError(method.name, `The answer to ${method.name} is not what this version expects.`);
  }

  async dispose(): Promise<void> {
    await this.#end();
    for (const emitter of [this.#stateChanged, this.#storeChanged, this.#sourcesChanged]) emitter.dispose();
  }

  /** Loaded here, after activation: the library is most of the extension's code. */
  async #connect(): Promise<LanguageClient> {
    const { createLanguageClient } = await import('./languageClient.ts');
    const store = vscode.workspace.getConfiguration(Settings.section).get<string>(Settings.store, '');
    const client = createLanguageClient({
      modulePath: this.#modulePath,
      env: { ...process.env, ...(store === '' ? {} : { LOCKSTEP_HOME: store }) },
      log: this.#log,
      onState: (state) => this.#setState(state),
      restartsAfterCrash: () => this.#restartsAfterCrash(),
    });
    client.onNotification(didChange.name, (params: unknown) => {
      const parsed = didChange.params.safeParse(params);
      if (parsed.success) this.#storeChanged.fire(parsed.data.revision);
    });
    client.onNotification(sourcesDidChange.name, (params: unknown) => {
      const parsed = sourcesDidChange.params.safeParse(params);
      if (parsed.success) this.#sourcesChanged.fire(parsed.data.kinds);
    });
    return client;
  }

  async #end(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    try {
      await client?.dispose();
    } catch {
      // It was not running, or did not answer; then it has been ended by force.
    }
  }

  #callError(error: unknown, method: string): CallError {
    const wire = wireError.safeParse(error instanceof Error && 'data' in error ? error.data : undefined);
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

  #restartsAfterCrash(): boolean {
    const now = Date.now();
    this.#crashes = [...this.#crashes.filter((at) => now - at < CRASH_WINDOW_MS), now];
    return this.#crashes.length < MOST_CRASHES;
  }

  #setState(state: ServerState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#stateChanged.fire(state);
  }
}
