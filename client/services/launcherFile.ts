import { existsSync } from 'node:fs';
import { chmod, lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isOutOfDate, posixLauncher, readLauncher, windowsLauncher, type Launched } from './launcher.ts';

/** Where programs of one person are: what systems look in by themselves, or nearly so, and needs no other rights. */
export function launcherPath(platform: NodeJS.Platform, env: NodeJS.ProcessEnv, home: string): string {
  if (platform !== 'win32') return join(home, '.local', 'bin', 'lockstep');
  return join(env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local'), 'lockstep', 'bin', 'lockstep.cmd');
}

export type Found =
  | { readonly kind: 'none' }
  | { readonly kind: 'ours'; readonly launched: Launched }
  /** Somebody else's: never written over, never removed. */
  | { readonly kind: 'foreign' };

/** The launcher on disk. */
export class LauncherFile {
  readonly path: string;
  readonly #wanted: () => Launched;
  readonly #platform: NodeJS.Platform;
  readonly #env: NodeJS.ProcessEnv;

  constructor(
    path: string,
    wanted: () => Launched,
    platform: NodeJS.Platform = process.platform,
    env: NodeJS.ProcessEnv = process.env,
  ) {
    this.path = path;
    this.#wanted = wanted;
    this.#platform = platform;
    this.#env = env;
  }

  async find(): Promise<Found> {
    const stat = await lstat(this.path).catch((error: unknown) => {
      if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
        return undefined;
      throw error;
    });
    if (stat === undefined) return { kind: 'none' };
    // A link leads to something of somebody's, whatever stands there.
    if (!stat.isFile() || stat.size > 64 * 1024) return { kind: 'foreign' };
    const launched = readLauncher(await readFile(this.path, 'utf8'));
    return launched === undefined ? { kind: 'foreign' } : { kind: 'ours', launched };
  }

  /** Writes it, unless a file of somebody else's is there. */
  async install(): Promise<Found['kind']> {
    const found = await this.find();
    if (found.kind !== 'foreign') await this.#write();
    return found.kind;
  }

  /** Removes it, if it is ours. */
  async uninstall(): Promise<Found['kind']> {
    const found = await this.find();
    if (found.kind === 'ours') await rm(this.path, { force: true });
    return found.kind;
  }

  /** Writes it anew where it is ours and what it starts has moved. Answers whether there is one of ours. */
  async refresh(): Promise<boolean> {
    const found = await this.find();
    if (found.kind !== 'ours') return false;
    if (isOutOfDate(found.launched, this.#wanted(), existsSync)) await this.#write();
    return true;
  }

  /** Whole or not at all: somebody may be starting it just now. */
  async #write(): Promise<void> {
    const wanted = this.#wanted();
    const text = this.#platform === 'win32' ? windowsLauncher(wanted, this.#env) : posixLauncher(wanted);
    await mkdir(dirname(this.path), { recursive: true });
    const temporary = `${this.path}.${process.pid}.tmp`;
    try {
      await writeFile(temporary, text, { mode: 0o755 });
      await chmod(temporary, 0o755); // whatever the umask says
      await rename(temporary, this.path);
    } finally {
      await rm(temporary, { force: true });
    }
  }
}
