import { filledIn, type Reference } from '../format/references.ts';
import { ShellPlace } from '../format/shellPlace.ts';

/** Of one environment variable, in bytes: Linux takes 128 KiB, with its name. */
const MAX_VALUE_BYTES = 120 * 1024;

/** What the shell is told to run. */
export interface UntilCommand {
  readonly argv: [string, ...string[]];
  /** What its references stand for, which the command line names and does not hold. */
  readonly env: Record<string, string>;
}

/**
 * The command line of `until` as the shell gets it. No value is ever pasted into it: a reference becomes a variable of
 * its own, quoted as its place asks for, so that whatever an agent has answered stays one word of text.
 */
export function untilCommand(
  until: string,
  value: (reference: Reference) => string | undefined,
  platform: NodeJS.Platform = process.platform,
): UntilCommand {
  const env: Record<string, string> = {};
  const names = new Map<string, string>();
  // A command line can hold no NUL, so nothing else looks like these places.
  const marked = filledIn(until.replaceAll('\0', ''), (reference) => {
    const found = value(reference);
    if (found === undefined) return undefined;
    const key = JSON.stringify(reference);
    const name = names.get(key) ?? freeName(nameOf(reference), env);
    names.set(key, name);
    env[name] = variableValue(found);
    return `\0${name}\0`;
  });
  if (platform === 'win32') {
    // Not %NAME%: that is put in before the line is read, and would be read with it.
    const line = marked.replaceAll(/\0(\w+)\0/g, '!$1!');
    const late = names.size > 0 ? ['/v:on'] : [];
    return { argv: ['cmd.exe', '/d', ...late, '/s', '/c', line], env };
  }
  return { argv: ['/bin/sh', '-c', quotedForShell(marked)], env };
}

/** A text as a variable can hold it: without NUL, and of a long one the end. */
export function variableValue(text: string): string {
  const clean = text.replaceAll('\0', '');
  const bytes = Buffer.from(clean);
  if (bytes.length <= MAX_VALUE_BYTES) return clean;
  // A character that is cut in two becomes U+FFFD, at most at its beginning.
  return bytes
    .subarray(-MAX_VALUE_BYTES)
    .toString('utf8')
    .replace(/^\uFFFD+/, '');
}

function nameOf(reference: Reference): string {
  switch (reference.kind) {
    case 'input':
      return `LOCKSTEP_INPUT_${variableName(reference.name)}`;
    case 'output':
      return `LOCKSTEP_OUTPUT_${variableName(reference.step)}`;
    case 'iteration':
      return 'LOCKSTEP_ITERATION';
  }
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_');
}

/** Two inputs may differ in what a variable's name cannot tell. */
function freeName(name: string, taken: Readonly<Record<string, string>>): string {
  let free = name;
  for (let count = 2; Object.hasOwn(taken, free); count++) free = `${name}_${count}`;
  return free;
}

/**
 * Puts variables in place of the marks. What is followed is where the line is within quotes; should a line fool that, a
 * value may be split into words or not be put in at all, but it is never read as part of the line.
 */
function quotedForShell(marked: string): string {
  const place = new ShellPlace();
  // Every second part is the name between two marks.
  const parts = marked.split('\0');
  return parts
    .map((part, index) => {
      if (index % 2 === 1) return variableAt(place, part);
      const isLast = index === parts.length - 1;
      return textAt(place, part, isLast);
    })
    .join('');
}

function textAt(place: ShellPlace, text: string, isLast: boolean): string {
  for (const char of text) place.read(char);
  // Before a variable, a backslash would take its quote away.
  return place.isEscaped && !isLast ? text.slice(0, -1) : text;
}

function variableAt(place: ShellPlace, name: string): string {
  const { within, isComment } = place;
  if (isComment) return '';
  place.pass();
  const variable = `\${${name}}`;
  if (within === '"') return variable;
  return within === "'" ? `'"${variable}"'` : `"${variable}"`;
}
