import assert from 'node:assert/strict';
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Frame } from 'playwright-core';
import { eventually } from '../../../scripts/host/eventually.ts';
import type { VsCodeWindow } from '../../../scripts/host/window.ts';
import type { Workbench } from '../../../scripts/host/workbench.ts';
import { startLockstepHost, type LockstepHost } from '../lockstepHost.ts';

const ID = '22222222-3333-4444-8555-666666666666';
const TITLE = 'A long night of work';

describe('reading a long transcript, in VS Code', () => {
  let host: LockstepHost;
  let window: VsCodeWindow;
  let workbench: Workbench;
  let file: string;

  before(async () => {
    host = await startLockstepHost({ content: 'demo' });
    const folder = join(host.env['CLAUDE_CONFIG_DIR'] ?? '', 'projects', '-home-dev-projects-shop');
    await mkdir(folder, { recursive: true });
    file = join(folder, `${ID}.jsonl`);
    const lines = Array.from({ length: 6000 }, (_, n) => (n % 10 === 0 ? prompt(n) : answer(n)));
    await appendFile(file, lines.join(''));
    window = await host.open();
    workbench = window.workbench;
  });
  after(() => host.stop());

  /** A line of Claude Code's, as far as the transcript needs it. */
  function line(n: number, type: 'user' | 'assistant', content: unknown): string {
    const message = { role: type, content, ...(type === 'assistant' ? { model: 'claude-night' } : {}) };
    const timestamp = new Date(Date.UTC(2026, 2, 1) + n * 1000).toISOString();
    const cwd = host.workspace;
    return `${JSON.stringify({ type, uuid: `line-${n}`, sessionId: ID, timestamp, cwd, message })}\n`;
  }
  function prompt(n: number): string {
    return line(n, 'user', n === 0 ? TITLE : `Prompt ${n}: please go on.`);
  }
  function answer(n: number, text = `Answer ${n}.\n\nSome more words, so that it has a height.`): string {
    const thinking = { type: 'thinking', thinking: `Thought ${n}` };
    return line(n, 'assistant', n % 10 === 5 ? [thinking] : [{ type: 'text', text }]);
  }

  const transcript = () => workbench.webview('lockstep-transcript');
  const item = (frame: Frame, n: number) =>
    frame.locator(`.item[data-id^="line-${n}:"], .item[data-id="line-${n}"]`);
  const firstInView = (frame: Frame) =>
    frame.evaluate<{ id: string; top: number }>(
      `(() => {
        const top = document.querySelector('.scroller').getBoundingClientRect().top;
        const item = [...document.querySelectorAll('.item')].find((each) => each.getBoundingClientRect().bottom > top);
        return { id: item.dataset.id, top: item.getBoundingClientRect().top - top };
      })()`,
    );

  it('opens at its end, with only what is near the view in the page', async () => {
    await workbench.sidebar.click(TITLE);
    await workbench.editorTab('A long night').waitFor();
    const frame = await transcript();
    await item(frame, 5999).waitFor();
    assert.ok((await frame.locator('.item').count()) < 60);
  });

  it('stays where the reader is, counts what comes, and returns on request', async () => {
    const frame = await transcript();
    await frame.locator('.scroller').hover();
    await workbench.page.mouse.wheel(0, -2000);
    await frame.getByRole('button', { name: 'Go to the end' }).waitFor();
    const before = await firstInView(frame);
    await appendFile(file, answer(6001) + answer(6002));
    await frame.getByRole('button', { name: '2 new' }).waitFor();
    assert.deepEqual(await firstInView(frame), before);
    await frame.getByRole('button', { name: '2 new' }).click();
    await item(frame, 6002).waitFor();
    await frame.locator('.to-end').waitFor({ state: 'detached' });
    await appendFile(file, answer(6003));
    await item(frame, 6003).waitFor();
  });

  it('goes to its start and back to its end by keys', async () => {
    const frame = await transcript();
    await frame.locator('.scroller').focus();
    await workbench.page.keyboard.press('Home');
    await item(frame, 0).waitFor();
    await workbench.page.keyboard.press('End');
    await item(frame, 6003).waitFor();
  });

  it('finds what is not loaded, and counts all of it', async () => {
    const frame = await transcript();
    await frame.locator('.scroller').focus();
    await workbench.page.keyboard.press('Control+f');
    await frame.locator('.find-input').fill('PROMPT 2');
    // Prompts 20, 200 to 290, 2000 to 2990: every tenth line is one.
    await frame.locator('.find-count').getByText('of 111').waitFor();
    await workbench.page.keyboard.press('Enter');
    await item(frame, 20).waitFor();
    await workbench.page.keyboard.press('Shift+Enter');
    await item(frame, 2990).waitFor();
    await workbench.page.keyboard.press('Escape');
    await frame.locator('.find').waitFor({ state: 'detached' });
  });

  it('is filtered by kind', async () => {
    const frame = await transcript();
    await frame.getByRole('button', { name: 'Choose what is shown' }).click();
    await frame.getByRole('button', { name: 'Messages', exact: true }).click();
    await frame.locator('.item.message').first().waitFor({ state: 'detached' });
    await frame.locator('.item.thinking').first().waitFor();
  });

  it('logs no error in the window', () => {
    assert.deepEqual(window.consoleErrors, []);
  });

  it('comes back after the window is reloaded: the place, the filter, and what was unfolded', async () => {
    const frame = await transcript();
    const thought = frame.locator('.item.thinking').nth(3);
    await thought.getByRole('button').first().click();
    await frame.locator('.fold-button[aria-expanded=true]').waitFor();
    // Its end is when the place is kept.
    await frame.evaluate(
      `new Promise((done) => {
        const scroller = document.querySelector('.scroller');
        scroller.addEventListener('scrollend', () => done(), { once: true });
        scroller.scrollTop += 40;
      })`,
    );
    const place = await firstInView(frame);
    const loaded = workbench.page.waitForEvent('load');
    await workbench.palette('Developer: Reload Window');
    await loaded;
    await workbench.whenReady(60_000);
    await workbench.editorTab('A long night').waitFor();
    const again = await transcript();
    await again.locator('.item.thinking').first().waitFor();
    const back = await eventually(
      () => firstInView(again),
      ({ id, top }) => id === place.id && Math.abs(top - place.top) < 2,
      { what: `${place.id} at ${place.top}` },
    );
    assert.equal(back.id, place.id);
    assert.equal(await again.locator('.item.message').count(), 0);
    await again.locator('.fold-button[aria-expanded=true]').waitFor({ state: 'attached' });
    await again.getByRole('button', { name: 'Messages', exact: true, pressed: false }).waitFor();
  });
});
