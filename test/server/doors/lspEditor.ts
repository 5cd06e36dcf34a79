import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  CodeLensRefreshRequest,
  createProtocolConnection,
  DidChangeTextDocumentNotification,
  DidCloseTextDocumentNotification,
  DidOpenTextDocumentNotification,
  InitializeRequest,
  PublishDiagnosticsNotification,
  StreamMessageReader,
  StreamMessageWriter,
  type PublishDiagnosticsParams,
} from 'vscode-languageserver-protocol/node';

const MAIN = fileURLToPath(new URL('../../../server/main.ts', import.meta.url));

export const workflowCommands = { run: 'x.run', resume: 'x.resume', stop: 'x.stop', show: 'x.show' };

export interface EditorOptions {
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Whether the client names commands for lenses. */
  readonly hasCommands?: boolean;
}

export type Editor = Awaited<ReturnType<typeof openEditor>>;

/** An editor with a real server process, spoken to over its real streams. `close` ends the process. */
export async function openEditor({ home, env = {}, hasCommands = true }: EditorOptions) {
  const child = spawn(process.execPath, [MAIN], {
    env: {
      ...process.env,
      LOCKSTEP_HOME: home,
      CLAUDE_CONFIG_DIR: `${home}/claude`,
      PI_CODING_AGENT_DIR: `${home}/pi`,
      LOCKSTEP_AGENTS: '{}',
      ...env,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  const latest = new Map<string, PublishDiagnosticsParams>();
  const waiting = new Set<() => void>();
  connection.onNotification(PublishDiagnosticsNotification.type, (params) => {
    latest.set(params.uri, params);
    for (const look of waiting) look();
  });
  const refreshes = new Set<() => void>();
  connection.onRequest(CodeLensRefreshRequest.type, () => {
    for (const tell of refreshes) tell();
  });
  connection.listen();
  const { capabilities } = await connection.sendRequest(InitializeRequest.type, {
    processId: process.pid,
    rootUri: null,
    capabilities: { workspace: { codeLens: { refreshSupport: true } } },
    initializationOptions: hasCommands ? { workflowCommands } : undefined,
  });
  await connection.sendNotification('initialized', {});

  /** What the server says last of a file, once it is what is waited for. */
  const diagnosticsOf = async (
    uri: string,
    isIt: (params: PublishDiagnosticsParams) => boolean,
  ): Promise<PublishDiagnosticsParams> => {
    for (;;) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.add(resolve);
      const found = latest.get(uri);
      if (found === undefined || !isIt(found)) await promise;
      waiting.delete(resolve);
      if (found !== undefined && isIt(found)) return found;
    }
  };
  /** Of a version of a file; undefined once it is closed. */
  const codesOf = async (uri: string, version: number | undefined): Promise<string[]> => {
    const { diagnostics } = await diagnosticsOf(uri, (params) => params.version === version);
    return diagnostics.map(({ code, range: { start, end } }) => {
      return `${code} ${start.line}:${start.character}-${end.line}:${end.character}`;
    });
  };
  let version = 1;
  return {
    connection,
    capabilities,
    /** What is wrong with a file, once something is. */
    whenWrong: async (uri: string): Promise<string[]> => {
      const { diagnostics } = await diagnosticsOf(uri, (params) => params.diagnostics.length > 0);
      return diagnostics.map(({ message }) => (typeof message === 'string' ? message : message.value));
    },
    /** Answers what is wrong with it, where that is told at all. */
    open: async (uri: string, text: string, languageId = 'lockstep-workflow') => {
      const textDocument = { uri, languageId, version: ++version, text };
      await connection.sendNotification(DidOpenTextDocumentNotification.type, { textDocument });
      return languageId === 'lockstep-workflow' ? codesOf(uri, version) : [];
    },
    /** Types in place of so many characters of a line; answers what is wrong then. */
    type: async (uri: string, text: string, [line, character, length]: readonly [number, number, number]) => {
      const range = { start: { line, character }, end: { line, character: character + length } };
      const params = { textDocument: { uri, version: ++version }, contentChanges: [{ range, text }] };
      await connection.sendNotification(DidChangeTextDocumentNotification.type, params);
      return codesOf(uri, version);
    },
    closeFile: async (uri: string) => {
      await connection.sendNotification(DidCloseTextDocumentNotification.type, { textDocument: { uri } });
      return codesOf(uri, undefined);
    },
    latest: (uri: string) => latest.get(uri),
    /** Until the server has said that lenses are others now, and `isThere` holds. */
    whenLenses: async (isThere: () => Promise<boolean>): Promise<void> => {
      for (;;) {
        const { promise, resolve } = Promise.withResolvers<void>();
        refreshes.add(resolve);
        const found = await isThere();
        if (!found) await promise;
        refreshes.delete(resolve);
        if (found) return;
      }
    },
    close: () => {
      connection.dispose();
      child.kill('SIGKILL');
    },
  };
}
