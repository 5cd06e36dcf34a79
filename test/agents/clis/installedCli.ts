import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { installedPackage } from '../../support/installedPackage.ts';
import { claude } from './claude.ts';
import { codex } from './codex.ts';
import { gemini } from './gemini.ts';
import { opencode } from './opencode.ts';
import { pi } from './pi.ts';
import type { RealCli } from './realCli.ts';

export const CLIS: readonly RealCli[] = [pi, claude, codex, gemini, opencode];

/**
 * The tool from npm, in a folder of its own below `cache`; what is there already is used again. Its install scripts are
 * not run.
 * @returns a PATH on which it is there under the preset's name
 * @throws Error with npm's own words where it cannot be installed
 */
export async function installedCli(cache: string, cli: RealCli): Promise<string> {
  const folder = join(cache, cli.preset);
  await installedPackage(folder, { name: cli.package, version: cli.version, optional: true });
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  await symlink(join(folder, 'node_modules', cli.program), join(bin, cli.preset)).catch(unlessThere);
  // Those that are scripts run under the Node of this process.
  return [bin, dirname(process.execPath), process.env['PATH'] ?? ''].join(':');
}

function unlessThere(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
}
