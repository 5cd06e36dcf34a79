import { TextDocument } from 'vscode-languageserver-textdocument';
import {
  CodeActionKind,
  CodeLensRefreshRequest,
  LSPErrorCodes,
  ResponseError,
  TextDocuments,
  TextDocumentSyncKind,
  type Connection,
  type InitializeParams,
  type Position,
  type ServerCapabilities,
} from 'vscode-languageserver/node';
import * as z from 'zod';
import type { Run } from '../protocol/workflowMethods.ts';
import { parseWorkflow, type WorkflowDocument } from '../workflows/format/workflowDocument.ts';
import { codeLenses, type LensCommands } from '../workflows/language/codeLenses.ts';
import { completions } from '../workflows/language/completion.ts';
import { definitions } from '../workflows/language/definition.ts';
import { diagnostics } from '../workflows/language/diagnostics.ts';
import { foldingRanges } from '../workflows/language/folding.ts';
import { hover } from '../workflows/language/hover.ts';
import { quickFixes } from '../workflows/language/quickFixes.ts';
import { references } from '../workflows/language/references.ts';
import { rename, renameRange } from '../workflows/language/rename.ts';
import { symbols } from '../workflows/language/symbols.ts';

const LANGUAGE = 'lockstep-workflow';
/** A person who types is not checked after each key: what is wrong is told when the hands rest, in milliseconds. */
const CHECK_AFTER_MS = 100;

/** What files are told of the rest of the world. */
export interface WorkflowWorld {
  /** The agents that are known; undefined where it is not known which there are. */
  agents(): readonly string[] | undefined;
  /** The latest run of a file. */
  runOf(uri: string): Run | undefined;
}

export interface WorkflowLanguage {
  /** Answers what can be done; called once, with what the client says of itself. */
  initialize(params: InitializeParams): ServerCapabilities;
  /** Whether a workflow file is open. */
  isInUse(): boolean;
  /** Other agents are known now. */
  agentsChanged(): void;
  /** Runs have gone on. */
  runsChanged(): void;
  dispose(): void;
}

/** Which commands of the client the lenses run. A client that names none has none: it gets no lenses. */
const initializationOptions = z.object({
  workflowCommands: z.object({ run: z.string(), resume: z.string(), stop: z.string(), show: z.string() }),
});

/** A file that is open. It is read when something is asked of it, once for each of its versions. */
interface OpenFile {
  readonly text: TextDocument;
  version: number;
  parsed: WorkflowDocument | undefined;
  check: NodeJS.Timeout | undefined;
}

/** The language server of workflow files on a connection. It knows the files that the client has open, and no others. */
export function joinWorkflows(
  connection: Connection,
  world: WorkflowWorld,
  onOpen: () => void,
): WorkflowLanguage {
  const documents = new TextDocuments(TextDocument);
  const files = new Map<string, OpenFile>();
  let snippets = false;
  let refreshesLenses = false;
  let commands: LensCommands | undefined;

  const parsedOf = (file: OpenFile): WorkflowDocument => {
    const agents = world.agents();
    file.parsed ??= parseWorkflow(file.text.getText(), agents === undefined ? {} : { agents });
    return file.parsed;
  };
  const check = (file: OpenFile) => {
    clearTimeout(file.check);
    file.check = undefined;
    const { uri, version } = file.text;
    void connection.sendDiagnostics({ uri, version, diagnostics: diagnostics(parsedOf(file), file.text) });
  };
  documents.onDidOpen(({ document: text }) => {
    if (text.languageId !== LANGUAGE) return;
    const file: OpenFile = { text, version: text.version, parsed: undefined, check: undefined };
    files.set(text.uri, file);
    check(file);
    onOpen();
  });
  documents.onDidChangeContent(({ document: { uri, version } }) => {
    const file = files.get(uri);
    // To open a file is told as a change of it as well.
    if (file === undefined || file.version === version) return;
    file.version = version;
    file.parsed = undefined;
    file.check ??= setTimeout(() => check(file), CHECK_AFTER_MS);
  });
  documents.onDidClose(({ document: { uri } }) => {
    clearTimeout(files.get(uri)?.check);
    if (files.delete(uri)) void connection.sendDiagnostics({ uri, diagnostics: [] });
  });
  documents.listen(connection);

  const find = <T>(
    { textDocument: { uri } }: { textDocument: { uri: string } },
    use: (parsed: WorkflowDocument, text: TextDocument) => T,
  ): T | null => {
    const file = files.get(uri);
    return file === undefined ? null : use(parsedOf(file), file.text);
  };
  const at = <T>(
    params: { textDocument: { uri: string }; position: Position },
    use: (parsed: WorkflowDocument, text: TextDocument, offset: number) => T,
  ): T | null => find(params, (parsed, text) => use(parsed, text, text.offsetAt(params.position)));

  connection.onCompletion((params) =>
    at(params, (_, text, offset) => completions(text, offset, { agents: world.agents(), snippets })),
  );
  connection.onHover((params) => at(params, hover) ?? null);
  connection.onDefinition((params) => at(params, definitions));
  connection.onReferences((params) =>
    at(params, (parsed, text, offset) => references(parsed, text, offset, params.context)),
  );
  connection.onPrepareRename((params) => at(params, renameRange) ?? null);
  connection.onRenameRequest((params) =>
    at(params, (parsed, text, offset) => {
      const renamed = rename(parsed, text, offset, params.newName);
      if ('refusal' in renamed) return new ResponseError(LSPErrorCodes.RequestFailed, renamed.refusal);
      return { changes: { [text.uri]: [...renamed.edits] } };
    }),
  );
  connection.onDocumentSymbol((params) => find(params, symbols));
  connection.onFoldingRanges((params) => find(params, foldingRanges));
  connection.onCodeLens((params) =>
    find(params, (parsed, text) =>
      commands === undefined ? [] : codeLenses(parsed, text, world.runOf(text.uri), commands),
    ),
  );
  connection.onCodeAction((params) =>
    find(params, (parsed, text) => {
      const { start, end } = params.range;
      return quickFixes(parsed, text, [text.offsetAt(start), text.offsetAt(end)], world.agents());
    }),
  );

  return {
    initialize({ capabilities, initializationOptions: options }) {
      snippets = capabilities.textDocument?.completion?.completionItem?.snippetSupport === true;
      refreshesLenses = capabilities.workspace?.codeLens?.refreshSupport === true;
      commands = initializationOptions.safeParse(options).data?.workflowCommands;
      return {
        textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental },
        completionProvider: { triggerCharacters: [' ', '.', '{', '[', '-'] },
        hoverProvider: true,
        definitionProvider: true,
        referencesProvider: true,
        renameProvider: { prepareProvider: true },
        documentSymbolProvider: true,
        foldingRangeProvider: true,
        codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix] },
        ...(commands === undefined ? {} : { codeLensProvider: {} }),
      };
    },
    isInUse: () => files.size > 0,
    agentsChanged() {
      for (const file of files.values()) {
        file.parsed = undefined;
        check(file);
      }
    },
    runsChanged() {
      if (!refreshesLenses || commands === undefined || files.size === 0) return;
      // A client that is going answers nothing any more.
      connection.sendRequest(CodeLensRefreshRequest.type).catch(() => undefined);
    },
    dispose() {
      for (const { check } of files.values()) clearTimeout(check);
    },
  };
}
