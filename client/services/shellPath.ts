import { basename, delimiter as ownDelimiter, posix, win32 } from 'node:path';
import { posixQuoted } from './launcher.ts';

/** Whether a folder is one of those in which commands are looked for. */
export function isOnPath(
  folder: string,
  path: string | undefined,
  platform: NodeJS.Platform = process.platform,
  delimiter: string = ownDelimiter,
): boolean {
  const same = (text: string) =>
    platform === 'win32' ? win32.resolve(text).toLowerCase() : posix.resolve(text);
  return (path ?? '').split(delimiter).some((entry) => entry !== '' && same(entry) === same(folder));
}

/** The line that puts a folder on a person's PATH for good, in the shell that they use. */
export function pathLine(
  folder: string,
  { platform, shell, home }: { platform: NodeJS.Platform; shell: string | undefined; home: string },
): string {
  if (platform === 'win32') {
    const quoted = `'${folder.replaceAll("'", "''")}'`;
    return `[Environment]::SetEnvironmentVariable('Path', [Environment]::GetEnvironmentVariable('Path', 'User') + ';' + ${quoted}, 'User')`;
  }
  const name = basename(shell ?? '');
  if (name === 'fish') return `fish_add_path ${posixQuoted(folder)}`;
  const below = posix.relative(home, folder);
  const isBelowHome = !below.startsWith('..') && !posix.isAbsolute(below) && /^[\w./-]+$/.test(below);
  // Within double quotes for the file, and single ones on the command line: `$HOME` and `$PATH` are read later.
  const written = isBelowHome ? `$HOME/${below}` : folder.replaceAll(/[\\"$`]/g, String.raw`\$&`);
  const line = posixQuoted(`export PATH="${written}:$PATH"`);
  return `echo ${line} >> ~/${profileOf(name, platform)}`;
}

function profileOf(shell: string, platform: NodeJS.Platform): string {
  if (shell === 'zsh') return '.zshrc';
  // A terminal on a Mac is a login shell, which does not read .bashrc.
  if (shell === 'bash') return platform === 'darwin' ? '.bash_profile' : '.bashrc';
  return '.profile';
}
