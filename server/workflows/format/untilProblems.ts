import { isScalar } from 'yaml';
import type { FoundProblem } from './problem.ts';
import { writtenReferences } from './references.ts';
import type { StepOutline } from './workflowOutline.ts';

/**
 * References of `until` that stand in what is probably the code of another program, such as `sh -c '…'`. Our shell gets
 * their values as text, but that program would read them as its code.
 */
export function untilProblems({ branch, references }: StepOutline): FoundProblem[] {
  const node = branch.entries.get('until')?.node;
  if (!isScalar(node) || typeof node.value !== 'string') return [];
  const command = node.value;
  const inCommand = writtenReferences(command);
  const areCode = inCodeOfOthers(command, inCommand);
  return references
    .filter(({ key }) => key === 'until')
    .flatMap(({ reference, text, from, to }, index): FoundProblem[] => {
      if (reference === undefined || areCode[index] !== true) return [];
      const message = `What stands in quotes here may be code of another program, such as sh -c, which would read the value of ${text} as code, too. Write ${text} outside of the quotes: it is one word there, whatever it holds.`;
      return [{ severity: 'warning', code: 'quoted-reference', message, from, to }];
    });
}

interface Quote {
  readonly mark: string;
  readonly isCode: boolean;
}

/** For each place, whether it is in single quotes, or in those of a text that is run. It follows the shell as far as that takes. */
function inCodeOfOthers(
  command: string,
  places: readonly { readonly from: number; readonly to: number }[],
): boolean[] {
  const open: Quote[] = [];
  let at = 0;
  return places.map(({ from, to }) => {
    for (; at < from; at++) at += follow(command, at, open);
    // It may be behind it already, where a comment ends.
    at = Math.max(at, to);
    return open.some(({ isCode }) => isCode);
  });
}

/** Opens and closes what the character at a place does. Gives how many behind it are read with it. */
function follow(command: string, at: number, open: Quote[]): number {
  const char = command.charAt(at);
  const within = open.at(-1)?.mark;
  if (within === "'") {
    if (char === "'") open.pop();
    return 0;
  }
  if (char === '\\') return 1;
  if (within !== '"' && char === '#' && /(?:^|[\s;&|(])$/.test(command.slice(Math.max(0, at - 1), at))) {
    const end = command.indexOf('\n', at);
    return (end === -1 ? command.length : end) - at;
  }
  if (char === '"' || char === '`') {
    if (within === char) open.pop();
    else open.push({ mark: char, isCode: isRunAfter(command.slice(Math.max(0, at - 80), at)) });
  } else if (char === "'" && within !== '"') {
    open.push({ mark: char, isCode: true });
  } else if (char === '(' && (within !== '"' || command.charAt(at - 1) === '$')) {
    open.push({ mark: char, isCode: false });
  } else if (char === ')' && within === '(') {
    open.pop();
  }
  return 0;
}

/** Whether the next word is run: that of `sh -c` and its like, or of `eval`. */
function isRunAfter(line: string): boolean {
  return /(?:\s-\w*[ce]|\beval)\s+$/.test(line);
}
