import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { hostEnvironment } from './hostEnvironment.ts';
import { quietSettings, type UserSettings } from './quietSettings.ts';
import { endProcessGroup, run, signalGroup } from './subprocess.ts';
import { acquireVsCodeServer } from './vscodeInstall.ts';

export interface VsCodeServerOptions {
  /** Kept after `stop()` when given; otherwise a new folder that `stop()` removes. */
  readonly serverDataDir?: string;
  /** Where `installVsix` put the packaged extension; by default inside the data folder, that is: none installed. */
  readonly extensionsDir?: string;
  /** Laid over `quietSettings`. */
  readonly userSettings?: UserSettings;
  /** Laid over our own environment; `undefined` removes a variable. Extension host and terminals inherit it. */
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  /** False is Restricted Mode. */
  readonly trust: boolean;
  /** True makes windows honour `extensionDevelopmentPath` and suites; it also suppresses notification toasts. */
  readonly smokeTestDriver: boolean;
}

export interface VsCodeServer {
  readonly port: number;
  readonly url: string;
  readonly serverDataDir: string;
  readonly smokeTestDriver: boolean;
  /** What the server printed so far. */
  output(): string;
  stop(): Promise<void>;
}

const START_LIMIT_MS = 30_000;

export async function startVsCodeServer(options: VsCodeServerOptions): Promise<VsCodeServer> {
  requireNode24();
  const vscode = await acquireVsCodeServer();
  const serverDataDir = options.serverDataDir ?? (await mkdtemp(join(tmpdir(), 'lockstep-vscode-')));
  await writeUserSettings(serverDataDir, options);

  const child = spawn(process.execPath, serverArguments(serverDataDir, options), {
    cwd: vscode,
    // A gallery address of '' stops the tries to reach an extension gallery.
    env: hostEnvironment({ EXTENSIONS_GALLERY: '{"serviceUrl":""}', ...options.env }),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const printed: string[] = [];
  const output = (): string => printed.join('');
  child.stdout.setEncoding('utf8').on('data', (text: string) => printed.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => printed.push(text));
  const temporary = options.serverDataDir === undefined ? serverDataDir : undefined;
  const forget = endWithThisProcess(child, temporary);

  const stop = async (): Promise<void> => {
    await endProcessGroup(child);
    forget();
    if (temporary !== undefined) {
      await rm(temporary, { recursive: true, force: true, maxRetries: 5 });
    }
  };
  try {
    const port = await listeningPort(child, output);
    const url = `http://127.0.0.1:${port}`;
    return { port, url, serverDataDir, smokeTestDriver: options.smokeTestDriver, output, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Installs a packaged extension into `extensionsDir`, for servers started with the same folder. */
export async function installVsix(extensionsDir: string, vsix: string): Promise<void> {
  requireNode24();
  const vscode = await acquireVsCodeServer();
  const dataDir = await mkdtemp(join(tmpdir(), 'lockstep-vsix-'));
  try {
    const args = [SERVER_MAIN, ...QUIET_ARGUMENTS, '--server-data-dir', dataDir];
    await run(process.execPath, [...args, '--extensions-dir', extensionsDir, '--install-extension', vsix], {
      cwd: vscode,
      env: hostEnvironment(),
      timeoutMs: START_LIMIT_MS,
    });
  } finally {
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

const SERVER_MAIN = join('out', 'server-main.js');
const QUIET_ARGUMENTS = ['--accept-server-license-terms', '--telemetry-level', 'off'];

function serverArguments(serverDataDir: string, options: VsCodeServerOptions): string[] {
  const args = [SERVER_MAIN, ...QUIET_ARGUMENTS, '--server-data-dir', serverDataDir];
  args.push('--host', '127.0.0.1', '--port', '0', '--without-connection-token');
  // The extension host gets the environment given here, not what a login shell's profile makes of it.
  args.push('--force-disable-user-env');
  // An extension host whose window vanished waits this many seconds for it, and an orphaned server some minutes.
  args.push('--reconnection-grace-time', '3', '--enable-remote-auto-shutdown');
  if (options.extensionsDir !== undefined) {
    args.push('--extensions-dir', options.extensionsDir);
  }
  if (options.trust) {
    args.push('--disable-workspace-trust');
  }
  if (options.smokeTestDriver) {
    args.push('--enable-smoke-test-driver');
  }
  return args;
}

/** In `data/Machine` instead of `data/User`, application-scoped settings would be ignored silently. */
async function writeUserSettings(serverDataDir: string, options: VsCodeServerOptions): Promise<void> {
  const folder = join(serverDataDir, 'data', 'User');
  // Restricted Mode is what the caller asked for; the question would only stand in the way.
  const trustSettings = options.trust ? {} : { 'security.workspace.trust.startupPrompt': 'never' };
  const settings = { ...quietSettings, ...trustSettings, ...options.userSettings };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'settings.json'), JSON.stringify(settings, undefined, 2));
  // Machine-scoped ones count in the user's settings only until VS Code knows of their scope, some time after the start.
  const machine = join(serverDataDir, 'data', 'Machine');
  await mkdir(machine, { recursive: true });
  await writeFile(join(machine, 'settings.json'), JSON.stringify(options.userSettings ?? {}, undefined, 2));
}

/** The server picks a free port itself and says which; there is no moment at which another process could take it. */
async function listeningPort(child: ChildProcess, output: () => string): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer);
      reject(new Error(`VS Code's server ${why}. It printed:\n${output()}`));
    };
    const timer = setTimeout(() => fail(`was not listening after ${START_LIMIT_MS} ms`), START_LIMIT_MS);
    child.once('error', (error) => fail(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) => fail(`ended (${code ?? signal}) before it was listening`));
    child.stdout?.on('data', () => {
      const port = /Extension host agent listening on (\d+)/.exec(output())?.[1];
      if (port !== undefined) {
        clearTimeout(timer);
        resolve(Number(port));
      }
    });
  });
}

/** A detached server does not get the terminal's Ctrl+C, so an exit without `stop()` has to end it as well. */
function endWithThisProcess(child: ChildProcess, temporary: string | undefined): () => void {
  const end = (): void => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      signalGroup(child.pid, 'SIGKILL');
    }
    if (temporary !== undefined) {
      rmSync(temporary, { recursive: true, force: true, maxRetries: 5 });
    }
  };
  const endAndExit = (signal: NodeJS.Signals): void => {
    end();
    forget();
    process.kill(process.pid, signal);
  };
  const forget = (): void => {
    process.off('exit', end).off('SIGINT', endAndExit).off('SIGTERM', endAndExit);
  };
  process.on('exit', end).on('SIGINT', endAndExit).on('SIGTERM', endAndExit);
  return forget;
}

function requireNode24(): void {
  const major = Number(process.versions.node.split('.')[0]);
  if (major !== 24) {
    throw new Error(
      `VS Code's server needs Node 24, and this is ${process.version} (${process.execPath}). ` +
        'Run the script through npm, which finds the Node 24 in node_modules/.bin.',
    );
  }
}
