import { win32 } from 'node:path';
import * as z from 'zod';

/** What a launcher starts: the command on a runtime, and the store that it works on unless its environment says. */
const launched = z.object({
  /** Of the extension that wrote it. */
  version: z.string(),
  runtime: z.string(),
  cli: z.string(),
  /** `LOCKSTEP_HOME`, where a setting names one. */
  home: z.string().optional(),
});
export type Launched = z.infer<typeof launched>;

/** How a launcher of ours is told from any other file, and what it starts. Only the last line that begins so counts. */
const MARK = 'lockstep-launcher ';
const STALE = 'What this command starts has moved. Open VS Code once: the Lockstep extension mends it.';

/**
 * A script for POSIX shells. VS Code's own program is a Node when it is told so; a Node of its own, as servers of VS
 * Code have it, does not mind.
 */
export function posixLauncher(what: Launched): string {
  return [
    '#!/bin/sh',
    '# Made by the Lockstep extension of VS Code, which keeps the paths current. Changes are lost.',
    `runtime=${posixQuoted(what.runtime)}`,
    `cli=${posixQuoted(what.cli)}`,
    'if [ ! -x "$runtime" ] || [ ! -f "$cli" ]; then',
    `  echo ${posixQuoted(`lockstep: ${STALE}`)} >&2`,
    '  exit 127',
    'fi',
    ...(what.home === undefined
      ? []
      : [
          // Whoever sets the variable means it.
          'if [ -z "${LOCKSTEP_HOME-}" ]; then',
          `  LOCKSTEP_HOME=${posixQuoted(what.home)}`,
          '  export LOCKSTEP_HOME',
          'fi',
        ]),
    'ELECTRON_RUN_AS_NODE=1 exec "$runtime" "$cli" "$@"',
    `# ${MARK}${JSON.stringify(what)}`,
    '',
  ].join('\n');
}

/**
 * The same for Windows. cmd reads a script in the console's own code page, so that letters outside of ASCII would be
 * others: paths are written from the person's folders (`C:\Users\Jürgen` is `%USERPROFILE%`) as far as they go.
 */
export function windowsLauncher(what: Launched, env: NodeJS.ProcessEnv): string {
  const path = (text: string) => windowsPath(text, env);
  return [
    '@echo off',
    'rem Made by the Lockstep extension of VS Code, which keeps the paths current. Changes are lost.',
    'setlocal DisableDelayedExpansion',
    `set "runtime=${path(what.runtime)}"`,
    `set "cli=${path(what.cli)}"`,
    'if not exist "%runtime%" goto stale',
    'if not exist "%cli%" goto stale',
    ...(what.home === undefined
      ? []
      : [`if not defined LOCKSTEP_HOME set "LOCKSTEP_HOME=${path(what.home)}"`]),
    'set ELECTRON_RUN_AS_NODE=1',
    '"%runtime%" "%cli%" %*',
    'exit /b %ERRORLEVEL%',
    ':stale',
    `echo lockstep: ${STALE} 1>&2`,
    'exit /b 9009',
    // Never reached, so that nothing in it means anything to cmd.
    `rem ${MARK}${JSON.stringify(what)}`,
    '',
  ].join('\r\n');
}

/** What a launcher of ours starts; undefined where the text is not one. */
export function readLauncher(text: string): Launched | undefined {
  const line = text.split(/\r?\n/).findLast((candidate) => /^(#|rem) lockstep-launcher \{/.test(candidate));
  if (line === undefined) return undefined;
  try {
    const found = launched.safeParse(JSON.parse(line.slice(line.indexOf('{'))));
    return found.success ? found.data : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Whether a launcher of ours is to be written anew. Several VS Codes of one machine (Insiders, a server for remote
 * windows) have the extension each, and share the launcher: one that works stays as it is, unless a newer version of
 * the extension comes, or the very one that wrote it.
 */
export function isOutOfDate(found: Launched, wanted: Launched, exists: (path: string) => boolean): boolean {
  if (!exists(found.runtime) || !exists(found.cli)) return true;
  if (found.cli === wanted.cli)
    return found.runtime !== wanted.runtime || found.home !== wanted.home || found.version !== wanted.version;
  return isOlder(found.version, wanted.version);
}

function isOlder(version: string, other: string): boolean {
  const [a, b] = [version, other].map((text) =>
    text.split('.').map((part) => Number.parseInt(part, 10) || 0),
  );
  for (let at = 0; at < Math.max(a?.length ?? 0, b?.length ?? 0); at++) {
    const difference = (a?.[at] ?? 0) - (b?.[at] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** Single quotes hold everything but themselves. */
export function posixQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function windowsPath(path: string, env: NodeJS.ProcessEnv): string {
  for (const name of ['LOCALAPPDATA', 'APPDATA', 'USERPROFILE']) {
    const folder = env[name];
    if (folder === undefined || folder === '') continue;
    const rest = win32.relative(folder, path);
    if (rest === '' || rest.startsWith('..') || win32.isAbsolute(rest)) continue;
    return `%${name}%\\${percentEscaped(rest)}`;
  }
  return percentEscaped(path);
}

/** In a script a lone `%` begins a variable. Nothing else that Windows allows in a name means anything within quotes. */
function percentEscaped(text: string): string {
  return text.replaceAll('%', '%%');
}
