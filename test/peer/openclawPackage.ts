import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';

/** The last release of the file era: what Lockstep follows. */
export const VERSION = '2026.7.1-2';

const manifest = z.looseObject({ version: z.string() });

/**
 * `openclaw` from npm, in a folder; what is there already is used again.
 *
 * Its optional packages and install scripts are left out: channels and native parts, which no session needs.
 *
 * @returns the absolute path of its command's file
 * @throws Error with npm's own words where it cannot be installed
 */
export async function installedOpenclaw(folder: string): Promise<string> {
  const home = join(folder, 'node_modules', 'openclaw');
  if ((await versionIn(home)) !== VERSION) {
    await mkdir(folder, { recursive: true });
    const wish = { private: true, dependencies: { openclaw: VERSION } };
    await writeFile(join(folder, 'package.json'), JSON.stringify(wish));
    await npmInstall(folder);
    const found = await versionIn(home);
    if (found !== VERSION) throw new Error(`npm install left ${found ?? 'no openclaw'} in ${folder}`);
  }
  return join(home, 'openclaw.mjs');
}

async function versionIn(home: string): Promise<string | undefined> {
  try {
    return manifest.parse(JSON.parse(await readFile(join(home, 'package.json'), 'utf8'))).version;
  } catch {
    return undefined;
  }
}

async function npmInstall(folder: string): Promise<void> {
  const args = [
    'install',
    '--ignore-scripts',
    '--omit=optional',
    '--omit=dev',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  // The system's npm runs under the Node of this process: the package refuses others by its `engines`.
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` };
  const child = spawn('npm', args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let words = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (words += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
  await once(child, 'close');
  if (child.exitCode !== 0) {
    throw new Error(
      `npm install openclaw@${VERSION} ended with ${child.exitCode ?? child.signalCode}:\n${words}`,
    );
  }
}
