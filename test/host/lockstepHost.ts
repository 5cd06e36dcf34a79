import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { agentFolders, makeDemo, type Demo } from '../../scripts/demo.ts';
import { launchBrowser } from '../../scripts/host/browser.ts';
import { installVsix, startVsCodeServer, type VsCodeServer } from '../../scripts/host/vscodeServer.ts';
import { openWindow, type VsCodeWindow } from '../../scripts/host/window.ts';
import { packageVsix } from '../../scripts/packageVsix.ts';

export interface HostOptions {
  /** Sessions that are there from the start: the demo's, or none. */
  readonly content: 'demo' | 'empty';
  /** False is Restricted Mode. */
  readonly trust?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** The packaged extension in a real VS Code and a real browser, on sessions of its own. */
export interface LockstepHost {
  readonly server: VsCodeServer;
  readonly browser: Browser;
  readonly workspace: string;
  /** `$LOCKSTEP_HOME` of the server. */
  readonly home: string;
  readonly env: Demo['env'];
  open(): Promise<VsCodeWindow>;
  stop(): Promise<void>;
}

export async function startLockstepHost({
  content,
  trust = true,
  env = {},
  settings = {},
}: HostOptions): Promise<LockstepHost> {
  const folder = await mkdtemp(join(tmpdir(), 'lockstep-host-'));
  const extensionsDir = join(folder, 'extensions');
  const { path } = await packageVsix(join(folder, 'lockstep.vsix'));
  await installVsix(extensionsDir, path);
  const demo = content === 'demo' ? await makeDemo(folder) : await emptyWorkspace(folder);
  const allEnv = { ...demo.env, ...env };
  const server = await startVsCodeServer({
    extensionsDir,
    env: allEnv,
    trust,
    smokeTestDriver: false,
    userSettings: { 'security.workspace.trust.startupPrompt': 'never', ...settings },
  });
  const browser = await launchBrowser();
  return {
    server,
    browser,
    workspace: demo.workspace,
    home: allEnv.LOCKSTEP_HOME,
    env: allEnv,
    async open() {
      const window = await openWindow(browser, server, {
        folder: demo.workspace,
        viewport: { width: 1280, height: 1000 },
      });
      const { sidebar } = window.workbench;
      await sidebar.open('Lockstep');
      if (content === 'demo') {
        await sidebar.row('Fix the flaky checkout test').waitFor();
        await sidebar.row('Add a --dry-run flag to the stock import.').waitFor();
        await sidebar.whenStill('Sessions');
      }
      return window;
    },
    async stop() {
      await browser.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function emptyWorkspace(folder: string) {
  const workspace = join(folder, 'workspace');
  await mkdir(workspace);
  return { workspace, env: agentFolders(folder) };
}
