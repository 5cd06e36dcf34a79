import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import {
  CodeActionRequest,
  CodeLensRequest,
  CompletionRequest,
  DefinitionRequest,
  DocumentSymbolRequest,
  FoldingRangeRequest,
  HoverRequest,
  PrepareRenameRequest,
  ReferencesRequest,
  RenameRequest,
} from 'vscode-languageserver-protocol/node';
import { run } from '../../../server/protocol/workflowMethods.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { openEditor, type Editor } from './lspEditor.ts';

const FILE = `agent: codex
steps:
  - id: build
    prompt: Build it.
  - id: test
    needs: [build]
    prompt: See \${steps.build.output}
`;
const AGENTS = JSON.stringify({
  codex: { protocol: 'command', command: [process.execPath, '-e', 'console.log("done")'] },
  claude: { protocol: 'command', command: [process.execPath] },
});

describe('workflow files over the LSP door', () => {
  let folder: string;
  let editor: Editor;
  let count = 0;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-test-'));
    editor = await openEditor({ home: folder, env: { LOCKSTEP_AGENTS: AGENTS } });
  });
  after(async () => {
    editor.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  /** A file of its own, open in the editor. */
  const opened = async (text: string) => {
    const uri = `file:///w/file${++count}.lockstep.yaml`;
    return { uri, textDocument: { uri }, wrong: await editor.open(uri, text) };
  };
  const range = (line: number, from: number, to: number) => ({
    start: { line, character: from },
    end: { line, character: to },
  });

  it('are checked as they are typed: a mistake is told, and gone once it is put right', async () => {
    const { uri, wrong } = await opened(FILE);
    assert.deepEqual(wrong, []);
    assert.deepEqual(await editor.type(uri, 'biuld', [5, 12, 5]), [
      'unknown-step 5:12-5:17',
      'not-needed-output 6:16-6:37',
    ]);
    assert.deepEqual(await editor.type(uri, 'build', [5, 12, 5]), []);
    assert.deepEqual(await editor.type(uri, 'promt', [3, 4, 6]), [
      'missing-key 2:4-2:6',
      'unknown-key 3:4-3:9',
    ]);
    assert.deepEqual(await editor.closeFile(uri), []);
  });

  it('are checked against the agents of the settings', async () => {
    const { uri } = await opened(FILE.replace('codex', 'cladue'));
    // Which agents there are is known a moment after the first file is open.
    assert.deepEqual(await editor.whenWrong(uri), [
      'There is no agent cladue in the setting lockstep.agents. Did you mean claude?',
    ]);
  });

  it('have completion, also where they do not parse', async () => {
    const { uri, textDocument } = await opened(FILE);
    assert.notDeepEqual(await editor.type(uri, '\n    ga', [6, 37, 0]), []);
    const labels = async (line: number, character: number) => {
      const position = { line, character };
      const found = await editor.connection.sendRequest(CompletionRequest.type, { textDocument, position });
      assert.ok(Array.isArray(found));
      return found.map(({ label }) => label);
    };
    assert.ok((await labels(7, 6)).includes('gate'));
    assert.deepEqual(await labels(5, 14), ['build']);
    assert.ok((await labels(0, 7)).includes('claude'));
  });

  it('have hover, definition, references, symbols and folding', async () => {
    const { uri, textDocument } = await opened(FILE);
    const { connection } = editor;
    const position = { line: 5, character: 14 };
    const hover = await connection.sendRequest(HoverRequest.type, { textDocument, position });
    assert.match(JSON.stringify(hover?.contents), /Build it\./);
    assert.deepEqual(await connection.sendRequest(DefinitionRequest.type, { textDocument, position }), [
      { uri, range: range(2, 8, 13) },
    ]);
    const context = { includeDeclaration: false };
    assert.deepEqual(
      await connection.sendRequest(ReferencesRequest.type, { textDocument, position, context }),
      [
        { uri, range: range(5, 12, 17) },
        { uri, range: range(6, 24, 29) },
      ],
    );
    const symbols = await connection.sendRequest(DocumentSymbolRequest.type, { textDocument });
    assert.match(JSON.stringify(symbols), /"name":"build".*"name":"test"/);
    const folds = await connection.sendRequest(FoldingRangeRequest.type, { textDocument });
    assert.deepEqual(folds?.[0], { startLine: 1, endLine: 6 });
    const nowhere = { line: 0, character: 9 };
    assert.equal(await connection.sendRequest(HoverRequest.type, { textDocument, position: nowhere }), null);
  });

  it('rename a step, and say why not', async () => {
    const { uri, textDocument } = await opened(FILE);
    const { connection } = editor;
    const position = { line: 2, character: 10 };
    const prepared = await connection.sendRequest(PrepareRenameRequest.type, { textDocument, position });
    assert.equal(prepared !== null && 'placeholder' in prepared && prepared.placeholder, 'build');
    const renamed = (newName: string) =>
      connection.sendRequest(RenameRequest.type, { textDocument, position, newName });
    const edit = await renamed('make');
    assert.deepEqual(
      edit?.changes?.[uri]?.map(
        ({ range: { start }, newText }) => `${start.line}:${start.character} ${newText}`,
      ),
      ['2:8 make', '5:12 make', '6:24 make'],
    );
    await assert.rejects(renamed('test'), { message: 'There is a step test already.' });
  });

  it('have quick fixes', async () => {
    const { textDocument } = await opened(FILE.replace('needs', 'nedes'));
    const actions = await editor.connection.sendRequest(CodeActionRequest.type, {
      textDocument,
      range: range(5, 5, 5),
      context: { diagnostics: [] },
    });
    assert.deepEqual(
      actions?.map(({ title }) => title),
      ['Change to needs'],
    );
  });

  it('have a lens that runs them', async () => {
    const { uri, textDocument } = await opened(FILE);
    assert.ok(editor.capabilities.codeLensProvider);
    const lenses = await editor.connection.sendRequest(CodeLensRequest.type, { textDocument });
    assert.deepEqual(
      lenses?.map(({ command }) => command),
      [{ title: 'Run', command: 'x.run', arguments: [uri] }],
    );
  });

  it('have lenses that show how far their latest run is, which go on with it', async () => {
    const file = join(folder, 'run.lockstep.yaml');
    await writeFile(file, FILE);
    const uri = pathToFileURL(file).href;
    await editor.open(uri, FILE);
    const lenses = async () => {
      const textDocument = { uri };
      const found = await editor.connection.sendRequest(CodeLensRequest.type, { textDocument });
      return (found ?? []).map(({ range: { start }, command }) => `${start.line} ${command?.title}`);
    };
    assert.deepEqual(await lenses(), ['0 Run']);
    const started = run.parse(await editor.connection.sendRequest('lockstep/runs.start', { file }));
    await editor.whenLenses(async () => (await lenses()).includes('0 2/2 completed'));
    assert.deepEqual(await lenses(), ['0 Run', '0 2/2 completed', '2 1/1', '4 1/1']);
    const ended = run.parse(await editor.connection.sendRequest('lockstep/runs.get', { id: started.id }));
    assert.equal(ended.status, 'completed');
  });

  it('have no lenses in a client that names no commands for them', async (t) => {
    const other = await openEditor({ home: await tempFolder(t), hasCommands: false });
    t.after(other.close);
    assert.equal(other.capabilities.codeLensProvider, undefined);
  });

  it('that are too large are told to be, and nothing else is said of them', async () => {
    const { textDocument, wrong } = await opened(`${FILE}#${'x'.repeat(1024 * 1024)}`);
    assert.deepEqual(wrong, ['too-large 0:0-0:0']);
    const symbols = await editor.connection.sendRequest(DocumentSymbolRequest.type, { textDocument });
    assert.deepEqual(symbols, []);
  });

  it('are the only files that it looks at', async () => {
    const uri = 'file:///w/other.yaml';
    await editor.open(uri, 'a: [', 'yaml');
    const textDocument = { uri };
    const position = { line: 0, character: 0 };
    const found = await editor.connection.sendRequest(CompletionRequest.type, { textDocument, position });
    assert.equal(found, null);
    assert.equal(editor.latest(uri), undefined);
  });
});
