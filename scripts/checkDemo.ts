import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DEMO_WORKFLOW } from './demo/workflow.ts';
import { launchBrowser } from './host/browser.ts';
import type { VsCodeServer } from './host/vscodeServer.ts';
import { openWindow } from './host/window.ts';
import type { Workbench } from './host/workbench.ts';

/** The next block of code has its colours by then, in milliseconds. */
const COLOURS_MS = 1_000;

/** In milliseconds. */
export interface DemoFigures {
  /** From opening the page to the first row of the list. */
  readonly firstRow: number;
  readonly activation: number;
}

/** Looks at the demo as a person would, and throws where something that must be there is not. Takes pictures. */
export async function checkDemo(
  server: VsCodeServer,
  workspace: string,
  pictures: string,
): Promise<DemoFigures> {
  await mkdir(pictures, { recursive: true });
  const browser = await launchBrowser();
  try {
    const begun = performance.now();
    const window = await openWindow(browser, server, {
      folder: workspace,
      viewport: { width: 1280, height: 800 },
    });
    const { workbench } = window;
    await workbench.sidebar.open('Lockstep');
    await workbench.sidebar.row('Fix the flaky checkout test').waitFor();
    const firstRow = performance.now() - begun;
    for (const title of ['Claude Code', 'pi']) {
      await workbench.sidebar.row(title).waitFor();
    }
    await workbench.sidebar.widen(120);
    await workbench.sidebar.click('Fix the flaky checkout test');
    await showsText(workbench, 'The floating promise is the cause.');
    await isColoured(workbench);
    await workbench.screenshot(join(pictures, 'session.png'));

    await workbench.sidebar.click('Discount codes at checkout');
    await workbench.editorTab('Discount codes').waitFor();
    await showsText(workbench, 'It is ready for review.');
    await isColoured(workbench);
    await workbench.screenshot(join(pictures, 'claude-code.png'));
    await readsTranscript(workbench, pictures);
    await workbench.sidebar.expandView('Locks');
    await workbench.sidebar.row('sessions.json.lock', 'Locks').waitFor();
    await workbench.sidebar.row(/nightly-runner/, 'Locks').waitFor();
    await workbench.palette('Lockstep: Clean Up Stale Locks…');
    await workbench.quickInput.asks('Remove the locks that are checked');
    await workbench.screenshot(join(pictures, 'locks.png'));
    await workbench.quickInput.cancel();

    await runsWorkflow(workbench, pictures);

    const activation = await workbench.activationTime('Lockstep');
    await window.close();
    return { firstRow, activation };
  } finally {
    await browser.close();
  }
}

/** A workflow from its start to its gate, in the tree, with what its second step has said. */
async function runsWorkflow(workbench: Workbench, pictures: string): Promise<void> {
  const { sidebar } = workbench;
  await sidebar.collapseView('Sessions');
  await sidebar.collapseView('Locks');
  await sidebar.expandView('Workflows');
  await sidebar.row(DEMO_WORKFLOW, 'Workflows').waitFor();
  await sidebar.rowAction(DEMO_WORKFLOW, 'Run Workflow…', 'Workflows');
  await workbench.quickInput.asks('Which test fails');
  await workbench.quickInput.accept();
  await workbench.dialog.press('Run');
  await sidebar.row(/at the gate of review/, 'Workflows').waitFor();
  await sidebar.expand(/^fix2\/5/, 'Workflows');
  await sidebar.row(/^Iteration 2/, 'Workflows').waitFor();
  await sidebar.click(/^fix2\/5/, 'Workflows');
  await workbench.editorTab(/^fix$/).waitFor();
  await showsText(workbench, 'I look at that next.');
  await workbench.notifications.toast(`"${DEMO_WORKFLOW}" waits at the gate`).waitFor();
  await workbench.screenshot(join(pictures, 'workflows.png'));
}

/** The transcript in front, as somebody reads it: an edit unfolded, a picture, and a search. */
async function readsTranscript(workbench: Workbench, pictures: string): Promise<void> {
  const transcript = await workbench.webview('lockstep-transcript');
  await transcript.locator('.scroller').focus();
  await workbench.page.keyboard.press('Control+f');
  await transcript.locator('.find-input').fill('color-danger');
  await transcript
    .locator('.find-count')
    .getByText(/^\d+ of \d+$/)
    .waitFor();
  await workbench.page.keyboard.press('Enter');
  await transcript.locator('.diff').first().waitFor();
  await transcript.locator('.item .tok-string, .item .tok-number').first().waitFor();
  await workbench.screenshot(join(pictures, 'transcript.png'));
  await workbench.page.keyboard.press('Escape');
}

/** Waits until code in the transcript in front has its colours: they come some time after it, block by block. */
async function isColoured(workbench: Workbench): Promise<void> {
  const transcript = await workbench.webview('lockstep-transcript');
  const coloured = transcript.locator('.item .tok-keyword, .item .tok-string');
  await coloured.first().waitFor();
  for (let before = 0, count = await coloured.count(); count !== before;) {
    before = count;
    await workbench.page.waitForTimeout(COLOURS_MS);
    count = await coloured.count();
  }
}

/** Waits until the transcript in front shows a text, icons included: a font that comes late leaves gaps in a picture. */
async function showsText(workbench: Workbench, text: string): Promise<void> {
  const transcript = await workbench.webview('lockstep-transcript');
  await transcript.getByText(text).waitFor();
  await transcript.evaluate('document.fonts.ready.then(() => undefined)');
}
