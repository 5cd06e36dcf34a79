import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { cacheEntry } from './cacheDir.ts';
import { hostEnvironment } from './hostEnvironment.ts';
import { run } from './subprocess.ts';

/** code-server 4.139.1 carries VS Code 1.139.1, the version the harness's selectors were written against. */
const CODE_SERVER = '4.139.1';

/** Changes when the steps below change, so that an older cache is not taken for a finished one. */
const LAYOUT = 2;

const INSTALL_LIMIT_MS = 5 * 60_000;

/** VS Code's own web server from npm, installed once per machine. Returns its folder (`lib/vscode`). */
export async function acquireVsCodeServer(): Promise<string> {
  const name = `code-server-${CODE_SERVER}-${process.platform}-${process.arch}-${LAYOUT}`;
  const entry = await cacheEntry(name, async (folder) => {
    process.stderr.write(
      `Installing VS Code's web server (code-server ${CODE_SERVER}) from npm, about 20 s...\n`,
    );
    await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true }));
    await npmInstall(folder, [`code-server@${CODE_SERVER}`]);
    const vscode = join(folder, VSCODE_IN_ENTRY);
    await npmInstall(vscode, ['--omit=dev']);
    await replaceUnbuiltAddons(vscode);
    await trim(vscode);
  });
  return join(entry, VSCODE_IN_ENTRY);
}

const VSCODE_IN_ENTRY = join('node_modules', 'code-server', 'lib', 'vscode');

/** No scripts: they would compile addons that need system headers, and nothing here uses those. */
async function npmInstall(folder: string, args: readonly string[]): Promise<void> {
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', ...quiet, ...args], {
    cwd: folder,
    env: hostEnvironment(),
    timeoutMs: INSTALL_LIMIT_MS,
  });
}

/** Two addons the extension host loads are not built (see above); each would log a stack trace at every start. */
async function replaceUnbuiltAddons(vscode: string): Promise<void> {
  const scope = join(vscode, 'node_modules', '@vscode');
  const watchdog = join(scope, 'native-watchdog', 'build', 'Release');
  await mkdir(watchdog, { recursive: true });
  await writeFile(join(watchdog, 'watchdog.js'), 'exports.start = exports.exit = () => {};\n');
  const spdlog = fileURLToPath(import.meta.resolve('./spdlogStandIn.cjs'));
  await copyFile(spdlog, join(scope, 'spdlog', 'index.js'));
}

/** Halves the disk space and saves about a second of each start. */
async function trim(vscode: string): Promise<void> {
  const unused = [
    ...UNUSED_EXTENSIONS.map((name) => join('extensions', name)),
    ...UNUSED_MODULES.map((name) => join('node_modules', name)),
  ];
  await Promise.all(unused.map((path) => rm(join(vscode, path), { recursive: true, force: true })));
}

// Built-in extensions with a `browser` entry must stay: the page reports each missing one in a notification.
const UNUSED_EXTENSIONS = [
  'copilot',
  'git',
  'github',
  'mermaid-markdown-features',
  'microsoft-authentication',
  'ms-vscode.js-debug',
  'ms-vscode.js-debug-companion',
  'ms-vscode.vscode-js-profile-table',
];
const UNUSED_MODULES = ['@github', '@microsoft/mxc-sdk', '@vscode/windows-process-tree'];
