import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Browser, Locator } from 'playwright-core';
import { agentFolders } from '../../../scripts/demo.ts';
import { launchBrowser } from '../../../scripts/host/browser.ts';
import { eventually } from '../../../scripts/host/eventually.ts';
import { installVsix, startVsCodeServer, type VsCodeServer } from '../../../scripts/host/vscodeServer.ts';
import { openWindow, type VsCodeWindow } from '../../../scripts/host/window.ts';
import { packageVsix } from '../../../scripts/packageVsix.ts';
import {
  runsGet,
  runsList,
  runStatus,
  type Run,
  type RunStatus,
} from '../../../server/protocol/workflowMethods.ts';
import { RpcClient } from '../../support/rpcClient.ts';
import type { Door, DoorOptions } from './door.ts';
import { killedAgents, NAME } from './killedWorkflow.ts';
import { TAG, whatStays, type Kind } from './victims.ts';

const VIEW = 'Workflows';
/** How long a new window may take to show the run. */
const OPEN_MS = 30_000;
/** How long a click may wait for what it is for: a language server that was killed is back by then. */
const CLICK_MS = 8_000;
/** How long a click may take to come to effect; then it is made once more. */
const EFFECT_MS = 4_000;
const CLICKS = 3;
const LOOK_MS = 50;

/** What windows are made of: the packaged extension in a folder, and a browser. */
export interface Editor {
  readonly browser: Browser;
  readonly extensionsDir: string;
}

/** @param folder  an empty one */
export async function prepareEditor(t: Pick<TestContext, 'after'>, folder: string): Promise<Editor> {
  const extensionsDir = join(folder, 'extensions');
  const { path } = await packageVsix(join(folder, 'lockstep.vsix'));
  await installVsix(extensionsDir, path);
  const browser = await launchBrowser();
  t.after(() => browser.close());
  return { browser, extensionsDir };
}

/**
 * A window of a real VS Code with the packaged extension, and a person before it. Beside it stands a server from the
 * sources that looks at the same store, and is not killed.
 */
export class WindowDoor implements Door {
  readonly launchMs = 10_000;
  readonly client: RpcClient;
  readonly #browser: Browser;
  readonly #server: VsCodeServer;
  readonly #options: DoorOptions;
  #window: VsCodeWindow | undefined;
  #isReady = false;
  #isLost = false;

  static async start(
    t: Pick<TestContext, 'after'>,
    { browser, extensionsDir }: Editor,
    options: DoorOptions,
  ): Promise<WindowDoor> {
    const { home, tag, endsWithWindow } = options;
    const server = await startVsCodeServer({
      extensionsDir,
      env: {
        ...agentFolders(home),
        LOCKSTEP_HOME: home,
        NODE_COMPILE_CACHE: join(home, 'compiled'),
        [TAG]: tag,
      },
      trust: true,
      smokeTestDriver: false,
      userSettings: {
        'lockstep.agents': killedAgents(tag),
        'lockstep.runs.endWithWindow': endsWithWindow,
        'lockstep.runs.notifyWhenCompleted': false,
      },
    });
    t.after(() => server.stop());
    const client = new RpcClient(t, home, { env: { HOME: home } });
    return new WindowDoor(browser, server, client, options);
  }

  private constructor(browser: Browser, server: VsCodeServer, client: RpcClient, options: DoorOptions) {
    this.#browser = browser;
    this.#server = server;
    this.client = client;
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#isReady && !this.#isLost;
  }

  async open(): Promise<void> {
    const { workspace } = this.#options;
    const before = this.#window;
    this.#window = undefined;
    this.#isReady = false;
    // It may be killed while it opens.
    this.#isLost = false;
    await before?.kill();
    const window = await openWindow(this.#browser, this.#server, { folder: workspace });
    this.#window = window;
    const { sidebar } = window.workbench;
    window.page.setDefaultTimeout(OPEN_MS);
    await this.#doing(async () => {
      await sidebar.open('Lockstep');
      await sidebar.expandView(VIEW);
      await sidebar.row(NAME, VIEW).waitFor();
      if ((await this.#runs()).length > 0) await this.#seesRun(sidebar.row(NAME, VIEW));
    });
    window.page.setDefaultTimeout(CLICK_MS);
    this.#isReady = true;
  }

  killed(kinds: readonly Kind[]): void {
    // What VS Code makes of it is its own affair: the person opens a new window.
    if (kinds.includes('extensionHost')) this.#isLost = true;
  }

  start(): Promise<void> {
    return this.#doing(async () => {
      const { sidebar, dialog } = this.#living.workbench;
      await press(sidebar.row(NAME, VIEW), /^Run Workflow/);
      await dialog.press('Run');
      await eventually(
        () => this.#runs(),
        (runs) => runs.length > 0,
        { what: 'a run', timeoutMs: CLICK_MS },
      );
    });
  }

  pause(run: Run): Promise<void> {
    return this.#told(run, 'Pause Run');
  }

  resume(run: Run): Promise<void> {
    return this.#told(run, 'Resume Run');
  }

  async close(): Promise<void> {
    if (this.isOpen) await this.#window?.close();
    else await this.#window?.kill();
    const stays = await whatStays(this.#options.tag, (all) => all.filter(({ kind }) => kind !== 'editor'));
    if (stays.length > 0) throw new Error(`after the window stays ${JSON.stringify(stays)}`);
    await this.#server.stop();
    await this.client.stop();
  }

  async #seesRun(file: Locator): Promise<void> {
    const look = async () => {
      // One whose runs have ended is folded.
      if ((await file.getAttribute('aria-expanded')) === 'false')
        await file.locator('.monaco-tl-twistie').click();
      return this.#row(...runStatus.options).isVisible();
    };
    await eventually(look, (isSeen) => isSeen, { what: 'the run', timeoutMs: OPEN_MS });
  }

  /** Until the run is no longer as it was. */
  async #told({ id, status }: Run, action: string): Promise<void> {
    await this.#doing(async () => {
      for (let left = CLICKS; ; left--) {
        await press(this.#row(status), action);
        const isSo = await this.#leaves(id, status);
        if (isSo) return;
        if (left === 1) throw new Error(`the run stays ${status} after ${CLICKS} clicks on ${action}`);
      }
    });
  }

  async #leaves(id: string, status: RunStatus): Promise<boolean> {
    const until = performance.now() + EFFECT_MS;
    while (performance.now() < until) {
      if ((await this.client.call(runsGet, { id })).status !== status) return true;
      await pause(LOOK_MS);
    }
    return false;
  }

  /** Of the run, in one of the states. */
  #row(...states: readonly RunStatus[]): Locator {
    const { sidebar } = this.#living.workbench;
    return sidebar.row(new RegExp(String.raw`\d+/\d+ · (${states.join('|')})`), VIEW);
  }

  async #runs(): Promise<readonly Run[]> {
    const { workspace } = this.#options;
    return (await this.client.call(runsList, { workspace })).runs;
  }

  get #living(): VsCodeWindow {
    if (this.#window === undefined) throw new Error('there is no window');
    return this.#window;
  }

  /** A window in which something went wrong, an open question maybe, is given up. */
  async #doing(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#isLost = true;
      throw error;
    }
  }
}

/** An inline action of a row that does not stay as it is. */
async function press(row: Locator, action: string | RegExp): Promise<void> {
  await row.hover();
  await row.locator('.actions').getByRole('button', { name: action }).click();
}
