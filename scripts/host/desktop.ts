import { spawn } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runTests, TestRunFailedError } from '@vscode/test-electron';

import { findOnPath, isExecutable } from './findOnPath.ts';
import { hostEnvironment } from './hostEnvironment.ts';
import { quietSettings, type UserSettings } from './quietSettings.ts';
import { endProcessGroup } from './subprocess.ts';

export interface DesktopOptions {
  /** From `findDesktopVsCode`. */
  readonly vscodePath: string;
  readonly folder?: string;
  readonly extensionDevelopmentPath: string;
  readonly userSettings?: UserSettings;
  readonly env?: Readonly<NodeJS.ProcessEnv>;
}

export interface DesktopSuiteOptions extends DesktopOptions {
  readonly extensionTestsPath: string;
}

export interface DesktopWindowOptions extends DesktopOptions {
  /** Kept afterwards, so that a window opened later with the same one remembers. */
  readonly userDataDir: string;
}

/** The VS Code program on this machine: `VSCODE_PATH`, or the one `code` on the PATH belongs to. */
export async function findDesktopVsCode(): Promise<string | undefined> {
  const named = process.env['VSCODE_PATH'];
  if (named !== undefined && named !== '') {
    await access(named, constants.X_OK);
    return (await programOf(named)) ?? named;
  }
  const onPath = await findOnPath(process.platform === 'win32' ? ['code.cmd'] : ['code']);
  return onPath === undefined ? undefined : programOf(onPath);
}

/** Runs a suite in the desktop's extension host; returns 0, or the exit code of a run that failed. */
export async function runDesktopSuite(options: DesktopSuiteOptions): Promise<number> {
  const userDataDir = await mkdtemp(join(tmpdir(), 'lockstep-desktop-'));
  try {
    await writeUserSettings(userDataDir, options.userSettings);
    return await runTests({
      vscodeExecutablePath: options.vscodePath,
      extensionDevelopmentPath: options.extensionDevelopmentPath,
      extensionTestsPath: options.extensionTestsPath,
      // runTests lays this over our environment, so what must not be inherited has to be named.
      extensionTestsEnv: { ...foreignAsUndefined(), ...options.env },
      launchArgs: launchArguments(options, userDataDir),
    });
  } catch (error) {
    if (error instanceof TestRunFailedError && error.code !== undefined) {
      return error.code;
    }
    throw error;
  } finally {
    await rm(userDataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Opens a desktop window with the extension, for a person to look at; `stop` closes it. */
export async function openDesktop(options: DesktopWindowOptions): Promise<{ stop(): Promise<void> }> {
  await writeUserSettings(options.userDataDir, options.userSettings);
  const args = launchArguments(options, options.userDataDir);
  args.push('--skip-welcome', '--skip-release-notes', '--disable-workspace-trust');
  args.push(`--extensionDevelopmentPath=${options.extensionDevelopmentPath}`);
  if (process.getuid?.() === 0) {
    // Electron refuses to start as root with its sandbox.
    args.push('--no-sandbox');
  }
  const env = hostEnvironment(options.env);
  const child = spawn(options.vscodePath, args, { env, stdio: 'ignore', detached: true });
  await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  return { stop: () => endProcessGroup(child) };
}

function launchArguments(options: DesktopOptions, userDataDir: string): string[] {
  return [
    // First, because VS Code takes only a leading path for the folder to open.
    ...(options.folder === undefined ? [] : [options.folder]),
    `--user-data-dir=${userDataDir}`,
    `--extensions-dir=${join(userDataDir, 'extensions')}`,
  ];
}

/**
 * The Electron program behind a `code` command, which is a script that hands over and does not wait for a suite.
 * Undefined for what only looks like it: a remote session's shim, or code-server's, has no program next to it.
 */
async function programOf(cli: string): Promise<string | undefined> {
  const installation = dirname(dirname(await realpath(cli)));
  const contents = join(installation, '..', '..');
  const candidates: Partial<Record<NodeJS.Platform, string[]>> = {
    darwin: [join(contents, 'MacOS', 'Electron'), join(contents, 'MacOS', 'Code')],
    win32: [join(installation, 'Code.exe')],
    linux: [join(installation, 'code')],
  };
  for (const candidate of candidates[process.platform] ?? []) {
    if (await isExecutable(candidate)) {
      return candidate;
    }
  }
  return undefined;
}

async function writeUserSettings(userDataDir: string, userSettings: UserSettings = {}): Promise<void> {
  await mkdir(join(userDataDir, 'User'), { recursive: true });
  const settings = { ...quietSettings, ...userSettings };
  await writeFile(join(userDataDir, 'User', 'settings.json'), JSON.stringify(settings, undefined, 2));
}

function foreignAsUndefined(): NodeJS.ProcessEnv {
  const kept = hostEnvironment();
  const foreign = Object.keys(process.env).filter((name) => !(name in kept));
  return Object.fromEntries(foreign.map((name) => [name, undefined]));
}
