import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { CodeEditor } from '../../../scripts/host/codeEditor.ts';
import { eventually } from '../../../scripts/host/eventually.ts';
import type { Workbench } from '../../../scripts/host/workbench.ts';
import { startLockstepHost, type LockstepHost } from '../lockstepHost.ts';

const FILE = `agent: codex
inputs: { suite: unit }
steps:
  - id: build
    prompt: Build the \${inputs.suite} part.
  - id: check
    needs: [build]
    prompt: Look at \${steps.build.output}
`;
/** Files that are there from the start: VS Code may take a while to find new ones by their names. */
const FILES = {
  colours: FILE,
  mistake: FILE,
  agent: FILE.replace('codex', 'claudia'),
  completion: FILE,
  snippet: 'agent: codex\nsteps:\n',
  hover: FILE,
  rename: FILE,
  definition: FILE,
  lenses: FILE.replace('inputs: { suite: unit }\n', '').replace(' ${inputs.suite}', ''),
};
const AGENTS = {
  codex: { protocol: 'command', command: [process.execPath, '-e', 'console.log("done")'] },
};

describe('workflow files in the editor', () => {
  let host: LockstepHost;
  let workbench: Workbench;
  let editor: CodeEditor;

  before(async () => {
    host = await startLockstepHost({ content: 'empty', settings: { 'lockstep.agents': AGENTS } });
    for (const [name, text] of Object.entries(FILES))
      await writeFile(join(host.workspace, `${name}.lockstep.yaml`), text);
    const folder = join(host.workspace, '.lockstep', 'workflows');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'nightly.yaml'), FILE);
    ({ workbench } = await host.open());
    editor = new CodeEditor(workbench.page, workbench.quickInput);
    await workbench.statusBarItem('Lockstep: 0 active, 0 paused').waitFor();
  });
  after(() => host.stop());

  const open = async (name: string): Promise<void> => {
    await editor.open(name);
    await workbench.statusBarItem('Lockstep Workflow').waitFor();
  };
  const hasText = (what: RegExp) =>
    eventually(
      () => workbench.editorText(),
      (text) => what.test(text),
      { what: String(what) },
    );
  const isUnderlined = (severity: 'error' | 'warning', times: number) =>
    eventually(
      () => editor.underlined(severity),
      (found) => found === times,
      { what: `${times} times ${severity}` },
    );

  it('are a language of their own, with the colours of YAML and of references', async () => {
    await open('colours.lockstep.yaml');
    // The colours of a grammar come some time after the text.
    await eventually(
      async () =>
        new Set([
          await editor.colourOf('Build'),
          await editor.colourOf('steps'),
          await editor.colourOf('inputs.suite'),
        ]),
      (colours) => colours.size === 3,
      { what: 'three colours' },
    );
  });

  it('show a mistake as it is typed, and it is put right by a quick fix', async () => {
    await open('mistake.lockstep.yaml');
    await isUnderlined('error', 0);
    await editor.goTo(7, 13);
    await editor.press('Delete');
    await isUnderlined('error', 2);
    await editor.goTo(7, 13);
    const fixes = await editor.quickFixes();
    await fixes.filter({ hasText: 'Change to build' }).click();
    await hasText(/needs: \[build\]/);
    await isUnderlined('error', 0);
  });

  it('say where an agent is not in the settings', async () => {
    await open('agent.lockstep.yaml');
    await isUnderlined('warning', 1);
    await editor.goTo(1, 9);
    assert.match(await editor.hover(), /There is no agent claudia in the setting lockstep\.agents\./);
  });

  it('complete keys, steps and references', async () => {
    await open('completion.lockstep.yaml');
    await editor.goTo(8, 1);
    await editor.press('End');
    await editor.press('Enter');
    await editor.type('ga');
    assert.deepEqual((await editor.suggestions())[0], 'gate');
    await editor.acceptSuggestion();
    await hasText(/^ {4}gate: $/m);
    assert.deepEqual(await editor.suggestions(), ['manual']);
    await editor.acceptSuggestion();
    await hasText(/^ {4}gate: manual$/m);
    await editor.goTo(5, 5);
    await editor.press('End');
    await editor.type(' ${in');
    assert.equal((await editor.suggestions())[0], 'inputs.suite');
    await editor.acceptSuggestion();
    await hasText(/part\. \$\{inputs\.suite\}$/m);
  });

  it('begin a whole step from a snippet', async () => {
    await open('snippet.lockstep.yaml');
    await editor.goTo(3, 1);
    await editor.type('  - ');
    assert.deepEqual((await editor.suggestions()).slice(0, 4), [
      'step',
      'step-in-loop',
      'step-behind-gate',
      'id',
    ]);
    await editor.type('step-in');
    await eventually(
      () => editor.suggestions(),
      (offered) => offered[0] === 'step-in-loop',
      { what: 'the snippet at the top' },
    );
    await editor.acceptSuggestion();
    await editor.type('fix');
    await hasText(/- id: fix\n {4}prompt: What to do\.\n {4}until: npm test\n {4}maxIterations: 15/);
  });

  it('say what a key is for and what a step does', async () => {
    await open('hover.lockstep.yaml');
    await editor.goTo(7, 6);
    assert.match(await editor.hover(), /Steps that have to be done before this one begins\./);
    await editor.goTo(7, 14);
    assert.match(await editor.hover(), /Step build[\s\S]*Build the/);
  });

  it('rename a step wherever it is named', async () => {
    await open('rename.lockstep.yaml');
    await editor.goTo(7, 14);
    await editor.rename('make');
    await hasText(/id: make[\s\S]*needs: \[make\]\n.*steps\.make\.output/);
    await isUnderlined('error', 0);
  });

  it('lead to where a step is defined, and have an outline', async () => {
    await open('definition.lockstep.yaml');
    await editor.goTo(7, 14);
    await editor.press('F12');
    await workbench.page.locator('.statusbar').getByText('Ln 4, Col 9').waitFor();
    assert.deepEqual(await editor.symbols(), ['inputs', 'suite', 'steps', 'build', 'check']);
  });

  it('in the folder of workflows are known too', async () => {
    await open('nightly.yaml');
    await isUnderlined('error', 0);
  });

  it('run from the lens above them, and show how far they are', async () => {
    await open('lenses.lockstep.yaml');
    await editor.lens('Run').click();
    await workbench.dialog.press('Run');
    await eventually(
      () => editor.lenses(),
      (lenses) => lenses.join() === 'Run,2/2 completed,1/1,1/1',
      { what: 'the lenses of a run that is completed', timeoutMs: 60_000 },
    );
    await editor.lens('2/2 completed').click();
    await workbench.page.locator('.tab.active').filter({ hasNotText: 'lockstep.yaml' }).waitFor();
  });
});
