import type { CommandLine } from './sourceSession.ts';

/** Characters that no shell we know gives a meaning to. */
const PLAIN = /^[A-Za-z0-9_@%+=:,./-]+$/;

/**
 * A command as a line for a person's shell. Single quotes hold everything in POSIX shells and in PowerShell; they
 * differ only in how a quote is written inside.
 */
export function shellLine({ program, args }: CommandLine, platform: NodeJS.Platform): string {
  const inside = platform === 'win32' ? "''" : String.raw`'\''`;
  const quote = (word: string) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", inside)}'`);
  return [program, ...args].map(quote).join(' ');
}
