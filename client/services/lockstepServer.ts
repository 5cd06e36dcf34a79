import { homedir } from 'node:os';
import type { LanguageClient } from 'vscode-languageclient/node';
import * as vscode from 'vscode';
import type * as z from 'zod';
import { wireError } from '../../server/protocol/error.ts';
import { DEFAULT_DEADLINE_MS, type Method } from '../../server/protocol/method.ts';
import { didChange, sourcesDidChange } from '../../server/protocol/notifications.ts';
import type { SourceKind } from '../../server/protocol/sourceSession.ts';
import { ContextKeys, Settings } from '../ids.ts';
import { beforeAbort } from './beforeAbort.ts';
import { CallError } from './callError.ts';
import { ContextKey } from './contextKey.ts';
import { plainText } from './plainText.ts';
import { serverEnvironment } from './serverEnvironment.ts';

/** A server that crashes this often within this time is left down until somebody restarts it. */
const MOST_CRASHES = 5;
const CRASH_WINDOW_MS = 3 * 60 * 1000;

/** The server keeps the deadlines; this much later it is taken to hang. */
const PATIENCE_MS = 5_000;
/** How long a server may take to end before it is killed. */
const END_MS = 3_000;

export type ServerState = 'starting' | 'running' | 'down';

/** One client with its server processes, from a start to the next restart. Aborting it gives up all its calls. */
interface Life {
  readonly client: LanguageClient;
  readonly over: AbortController;
}

/** The server process and the connection to it, over all its restarts. */
export class LockstepServer implements vscode.Disposable {
  readonly #modulePath: string;
  readonly #log: vscode.LogOutputChannel;
  readonly #stateChanged = new vscode.EventEmitter<ServerState>();
  readonly #storeChanged = new vscode.EventEmitter<number>();
  readonly #sourcesChanged = new vscode.EventEmitter<readonly SourceKind[]>();
  readonly #key = new ContextKey<ServerState>(ContextKeys.server);
  #life: Life | undefined;
  /** Starting and ending take turns: two at once would leave a server that nobody knows. */
  #turn: Promise<void> = Promise.resolve();
  #isDisposed = false;
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

  /** Starts the server. A start that fails is told through the state. */
  start(): Promise<void> {
    return this.#inTurn(() => this.#begin());
  }

  /** Ends the server, also one that hangs, and starts it anew with the settings as they are now. */
  restart(): Promise<void> {
    this.#crashes = [];
    this.#life?.over.abort();
    return this.#inTurn(async () => {
      await this.#end();
      await this.#begin();
    });
  }

  /** @throws CallError */
  async call<P extends z.ZodType, R extends z.ZodType>(
    method: Method<P, R>,
    params: z.input<P>,
  ): Promise<z.output<R>> {
    const result = method.result.safeParse(await this.request(method.name, params, method.deadlineMs));
    if (result.success) return result.data;
    const message = vscode.l10n.t('The answer to {0} is not what this version expects.', method.name);
    throw localError(method.name, message);
  }

  /**
   * A call by name, for an action that an error offers; its answer is not looked at. So the client needs no table of
   * all methods, whose schemas would be made at activation.
   * @throws CallError
   */
  async request(method: string, params: unknown, deadlineMs = DEFAULT_DEADLINE_MS): Promise<unknown> {
    try {
      if (!this.#life) throw new Error('the server was not started');
      const { client, over } = this.#life;
      const signal = AbortSignal.any([over.signal, AbortSignal.timeout(deadlineMs + PATIENCE_MS)]);
      return await beforeAbort(client.sendRequest<unknown>(`lockstep/${method}`, params), signal);
    } catch (error) {
      throw this.#callError(error, method);
    }
  }

  dispose(): Promise<void> {
    this.#isDisposed = true;
    this.#life?.over.abort();
    return this.#inTurn(async () => {
      await this.#end();
      for (const emitter of [this.#stateChanged, this.#storeChanged, this.#sourcesChanged]) emitter.dispose();
    });
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(work);
    return this.#turn;
  }

  async #begin(): Promise<void> {
    if (this.#isDisposed) return;
    this.#setState('starting');
    try {
      this.#life = await this.#connect();
      await beforeAbort(this.#life.client.start(), this.#life.over.signal);
    } catch (error) {
      this.#log.error(error instanceof Error ? error : String(error));
      this.#setState('down');
      if (this.#life?.over.signal.aborted !== true) this.#tellOf(error);
    }
  }

  #tellOf(error: unknown): void {
    const showLog = vscode.l10n.t('Show Log');
    const reason = error instanceof Error ? error.message : String(error);
    const message = plainText(vscode.l10n.t('Lockstep could not start. {0}', reason));
    const tell = async () => {
      if ((await vscode.window.showErrorMessage(message, showLog)) === showLog) this.#log.show(true);
    };
    // Not awaited: the message stays as long as it likes.
    void tell();
  }

  /** Loads the client here, after activation: the library is most of the extension's code. */
  async #connect(): Promise<Life> {
    const { createLanguageClient } = await import('./languageClient.ts');
    const settings = vscode.workspace.getConfiguration(Settings.section);
    const environment = serverEnvironment(
      (name) => settings.get(name),
      homedir(),
      vscode.workspace.isTrusted,
    );
    const over = new AbortController();
    const isCurrent = () => this.#life?.over === over && !over.signal.aborted;
    const client = createLanguageClient({
      modulePath: this.#modulePath,
      env: { ...process.env, ...environment },
      log: this.#log,
      onState: (state) => {
        if (isCurrent()) this.#setState(state);
      },
      restartsAfterCrash: () => isCurrent() && this.#restartsAfterCrash(),
    });
    client.onNotification(didChange.name, (params: unknown) => {
      const parsed = didChange.params.safeParse(params);
      if (parsed.success) this.#storeChanged.fire(parsed.data.revision);
    });
    client.onNotification(sourcesDidChange.name, (params: unknown) => {
      const parsed = sourcesDidChange.params.safeParse(params);
      if (parsed.success) this.#sourcesChanged.fire(parsed.data.kinds);
    });
    return { client, over };
  }

  async #end(): Promise<void> {
    const life = this.#life;
    if (!life) return;
    this.#life = undefined;
    life.over.abort();
    const { serverProcess } = life.client;
    try {
      await beforeAbort(life.client.dispose(), AbortSignal.timeout(END_MS));
    } catch {
      // It was not running, or does not answer; what is left of it is ended now.
    }
    if (serverProcess?.exitCode === null && serverProcess.signalCode === null) serverProcess.kill('SIGKILL');
  }

  #callError(error: unknown, method: string): CallError {
    const wire = wireError.safeParse(error instanceof Error && 'data' in error ? error.data : undefined);
    if (wire.success) return new CallError(wire.data);
    const reason = error instanceof Error ? error.message : String(error);
    return localError(
      method,
      this.#state === 'running'
        ? vscode.l10n.t('{0} got no answer from the Lockstep server: {1}', method, reason)
        : vscode.l10n.t('The Lockstep server is not running.'),
    );
  }

  #restartsAfterCrash(): boolean {
    const now = Date.now();
    this.#crashes = [...this.#crashes.filter((at) => now - at < CRASH_WINDOW_MS), now];
    return this.#crashes.length < MOST_CRASHES;
  }

  #setState(state: ServerState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#key.set(state);
    this.#stateChanged.fire(state);
  }
}

function localError(method: string, message: string): CallError {
  return new CallError({
    code: 'INTERNAL',
    title: vscode.l10n.t('Lockstep cannot do that now'),
    message,
    requestId: 'none',
    actions: [{ kind: 'retry', label: 'Try Again' }],
    details: { method },
  });
}
