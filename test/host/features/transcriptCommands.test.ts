import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { eventually } from '../../../scripts/host/eventually.ts';
import { FileDialog } from '../../../scripts/host/fileDialog.ts';
import type { Workbench } from '../../../scripts/host/workbench.ts';
import {
  sessionsAddMessage,
  sessionsRecordToolCall,
} from '../../../server/protocol/sessionHistoryMethods.ts';
import { sessionsIterate, sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { sessionsGet } from '../../../server/protocol/sessionQueryMethods.ts';
import { sessionsRemove } from '../../../server/protocol/sessionTrashMethods.ts';
import { RpcClient } from '../../support/rpcClient.ts';
import { startLockstepHost, type LockstepHost } from '../lockstepHost.ts';

const ESCAPE = '\u001b';

describe('what a reader does with a transcript, in VS Code', () => {
  let host: LockstepHost;
  let workbench: Workbench;

  before(async () => {
    host = await startLockstepHost({ content: 'empty' });
    await mkdir(join(host.workspace, 'src'));
    await writeFile(
      join(host.workspace, 'src', 'cart.ts'),
      'export const cart = [];\nexport const total = 0;\n',
    );
    ({ workbench } = await host.open());
    await workbench.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await workbench.statusBarItem('Lockstep: 0 active, 0 paused').waitFor();
  });
  after(() => host.stop());

  const transcript = () => workbench.webview('lockstep-transcript');
  /** A session with a history, open in an editor. */
  const open = async (t: Pick<TestContext, 'after'>, task: string, messages: readonly string[] = []) => {
    const agent = new RpcClient(t, host.home);
    const workspace = host.workspace;
    const { id } = await agent.call(sessionsStart, { task, mode: 'writer', workspace });
    for (const content of messages) {
      await agent.call(sessionsIterate, { id });
      await agent.call(sessionsAddMessage, { id, role: 'assistant', content });
    }
    await workbench.sidebar.row(task, 'Sessions').waitFor();
    await workbench.sidebar.whenStill('Sessions');
    await workbench.sidebar.click(task, 'Sessions');
    await workbench.editorTab(task).waitFor();
    const frame = await transcript();
    // A click on a row leaves the keyboard in the list.
    await workbench.editorTab(task).click();
    return { agent, id, frame };
  };
  const clipboard = () => workbench.page.evaluate<string>('navigator.clipboard.readText()');

  it('goes to an iteration from the list of them', async (t) => {
    const lines = (name: string) =>
      Array.from({ length: 40 }, (_, index) => `${name}, line ${index}`).join('\n\n');
    const { frame } = await open(t, 'Jumped in', ['First', 'Second', 'Third', 'Fourth'].map(lines));
    await frame.getByText('Fourth, line 39').first().click();
    await workbench.page.keyboard.press('ControlOrMeta+Shift+o');
    await workbench.quickInput.asks('Choose an iteration or a prompt');
    await workbench.quickInput.offers(/^Iteration 4/);
    await workbench.quickInput.choose(/^Iteration 2/);
    await workbench.quickInput.whenClosed();
    await eventually(
      () => frame.getByText('Second, line 0').first().boundingBox(),
      (box) => box !== null && box.y >= 0 && box.y < 700,
      { what: 'the second iteration on the screen' },
    );
  });

  it('says so where there is nothing to go to', async (t) => {
    const { frame } = await open(t, 'Nothing done');
    await frame.getByText('Nothing done').first().waitFor();
    await workbench.palette('Lockstep: Go to Iteration in Transcript…');
    await workbench.notifications.item('There is nothing to go to');
    await workbench.notifications.clear();
  });

  it('finds a text, and more of it as it comes', async (t) => {
    const { agent, id, frame } = await open(t, 'Looked through', ['A needle.', 'Hay.', 'Needle, needle.']);
    await frame.getByText('Hay.').click();
    await workbench.page.keyboard.press('ControlOrMeta+f');
    await frame.locator('.find-input').fill('needle');
    await frame.locator('.find-count', { hasText: '3' }).waitFor();
    await agent.call(sessionsAddMessage, { id, role: 'assistant', content: 'One more needle.' });
    await frame.locator('.find-count', { hasText: '4' }).waitFor();
  });

  it('leaves its keys to what has the keyboard', async (t) => {
    const { frame } = await open(t, 'Beside the output', ['Something to find.']);
    await frame.getByText('Something to find.').click();
    const { keyboard } = workbench.page;
    await workbench.palette('Output: Focus on Output View');
    await workbench.page.locator('.part.panel .monaco-editor').click();
    const output = workbench.page.locator('.part.panel .monaco-editor.focused');
    await output.waitFor();
    await keyboard.press('ControlOrMeta+f');
    const find = workbench.page.locator('.part.panel .find-widget.visible');
    await find.waitFor();
    await keyboard.press('Escape');
    await find.waitFor({ state: 'hidden' });
    await output.waitFor();
    await keyboard.press('ControlOrMeta+Shift+o');
    // The editor's own list, of symbols.
    await eventually(
      () => workbench.quickInput.value(),
      (value) => value.startsWith('@'),
      { what: 'the list of symbols' },
    );
    await workbench.quickInput.cancel();
    assert.equal(await frame.locator('.find-input').count(), 0);
    await workbench.palette('View: Hide Panel');
    await frame.getByText('Something to find.').click();
    await keyboard.press('ControlOrMeta+f');
    await frame.locator('.find-input').waitFor();
  });

  it('copies it as Markdown', async (t) => {
    await open(t, 'Copied', ['A word for the clipboard.']);
    await workbench.page
      .locator('.editor-actions')
      .getByRole('button', { name: /^Copy Transcript as Markdown/ })
      .click();
    await workbench.notifications.item('The transcript is on the clipboard.');
    assert.match(await clipboard(), /A word for the clipboard\./);
    await workbench.notifications.clear();
  });

  it('exports it to a file from the list, in place of what is there', async (t) => {
    await open(t, 'Exported: a/b', ['A word for the file.']);
    const file = join(host.workspace, 'kept.md');
    await writeFile(file, 'before');
    await workbench.sidebar.contextMenu('Exported: a/b', 'Export Transcript…', 'Sessions');
    const dialog = new FileDialog(workbench.page);
    await dialog.offers('/Exported- a-b.md');
    await dialog.choose(file);
    await dialog.replace();
    await workbench.notifications.item('The transcript was exported to kept.md.');
    assert.match(await readFile(file, 'utf8'), /A word for the file\./);
    assert.deepEqual((await readdir(host.workspace)).sort(), ['kept.md', 'src']);
    await workbench.notifications.clear();
  });

  it("has the session's actions, which follow its state", async (t) => {
    const { agent, id, frame } = await open(t, 'Acted on', ['Working.']);
    await frame.getByRole('button', { name: 'Pause Session' }).click();
    await frame.getByRole('button', { name: 'Resume Session' }).waitFor();
    assert.equal((await agent.call(sessionsGet, { id })).status, 'paused');
  });

  it('has no actions any more once its session is gone', async (t) => {
    const { agent, id, frame } = await open(t, 'Soon in the trash');
    const button = frame.getByRole('button', { name: 'Pause Session' });
    await button.waitFor();
    await agent.call(sessionsRemove, { id });
    await button.waitFor({ state: 'detached' });
    await frame.getByRole('heading', { name: 'Soon in the trash' }).waitFor();
  });

  it('opens links of the web after the question of VS Code', async (t) => {
    const { frame } = await open(t, 'With links', ['See [the manual](https://example.com/manual?a=b%26c).']);
    await frame.getByRole('link', { name: 'the manual' }).click();
    assert.match(await workbench.dialog.text(), /https:\/\/example\.com\/manual/);
    const context = workbench.page.context();
    // Of the page only that it asks for this: when it has loaded is the browser's, which may be before it is told of.
    const asked = Promise.withResolvers<string>();
    await context.route('https://example.com/**', (route) => {
      asked.resolve(route.request().url());
      return route.fulfill({ body: 'The manual' });
    });
    const page = context.waitForEvent('page');
    await workbench.dialog.press('Open');
    // As it is written: a separator that stands for itself is not made one that separates.
    assert.equal(await asked.promise, 'https://example.com/manual?a=b%26c');
    await (await page).close();
  });

  it('opens a file of the workspace that it names, at its line', async (t) => {
    const { frame } = await open(t, 'With paths', ['See `src/cart.ts:2` and `src/missing.ts:1`.']);
    await frame.locator('.path', { hasText: 'src/cart.ts:2' }).click();
    await workbench.editorTab('cart.ts').waitFor();
    await workbench.statusBarItem(/Ln 2, Col 1/).waitFor();
  });

  it('opens a long output in an editor of its own, whole and without what a terminal was told', async (t) => {
    const output = Array.from(
      { length: 3000 },
      (_, index) => `${ESCAPE}[32mtest ${index}${ESCAPE}[0m passed`,
    );
    const { agent, id, frame } = await open(t, 'With output');
    await agent.call(sessionsRecordToolCall, {
      id,
      name: 'bash',
      input: { command: 'npm test' },
      output: output.join('\n'),
    });
    await frame.getByText('npm test').first().click();
    await frame.getByRole('button', { name: 'Open in editor' }).first().click();
    const text = await eventually(
      () => workbench.editorText(),
      (seen) => seen.includes('test 0 passed'),
      { what: 'the output in an editor' },
    );
    assert.ok(!text.includes('[32m'), text);
    await workbench.page.keyboard.press('ControlOrMeta+End');
    await eventually(
      () => workbench.editorText(),
      (seen) => seen.includes('test 2999 passed'),
      { what: 'the end of the output' },
    );
  });
});
