import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';

const manifest = z.looseObject({ version: z.string() });

export interface WantedPackage {
  readonly name: string;
  readonly version: string;
  /** With its optional packages: some have their programs there. */
  readonly optional?: boolean;
}

/**
 * A package from npm, in a folder; what is there already is used again. Its install scripts are not run.
 * @returns its folder
 * @throws Error with npm's own words where it cannot be installed
 */
export async function installedPackage(folder: string, wanted: WantedPackage): Promise<string> {
  const { name, version } = wanted;
  const home = join(folder, 'node_modules', name);
  if ((await versionIn(home)) !== version) {
    await mkdir(folder, { recursive: true });
    const wish = { private: true, dependencies: { [name]: version } };
    await writeFile(join(folder, 'package.json'), JSON.stringify(wish));
    await npmInstall(folder, wanted);
    const found = await versionIn(home);
    if (found !== version) throw new Error(`npm install left ${found ?? `no ${name}`} in ${folder}`);
  }
  return home;
}

async function versionIn(home: string): Promise<string | undefined> {
  try {
    return manifest.parse(JSON.parse(await readFile(join(home, 'package.json'), 'utf8'))).version;
  } catch {
    return undefined;
  }
}

async function npmInstall(folder: string, { name, version, optional = false }: WantedPackage): Promise<void> {
  const args = [
    'install',
    '--ignore-scripts',
    ...(optional ? [] : ['--omit=optional']),
    '--omit=dev',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  // The system's npm runs under the Node of this process: packages refuse others by their `engines`.
  const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}` };
  const child = spawn('npm', args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let words = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (words += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
  await once(child, 'close');
  if (child.exitCode !== 0)
    throw new Error(
      `npm install ${name}@${version} ended with ${child.exitCode ?? child.signalCode}:\n${words}`,
    );
}
