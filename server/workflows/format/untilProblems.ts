import { isScalar } from 'yaml';
import type { FoundProblem } from './problem.ts';
import { writtenReferences } from './references.ts';
import { ShellPlace } from './shellPlace.ts';
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

/** For each place, whether it is in single quotes, or in those of a text that is run. It follows the shell as far as that takes. */
function inCodeOfOthers(
  command: string,
  places: readonly { readonly from: number; readonly to: number }[],
): boolean[] {
  const reading = new ShellPlace();
  /** Of what is open. */
  const areCode: boolean[] = [];
  let at = 0;
  return places.map(({ from, to }) => {
    for (; at < from; at++) {
      const turn = reading.read(command.charAt(at));
      if (turn === 'opens') areCode.push(opensCode(reading, command, at));
      if (turn === 'closes') areCode.pop();
    }
    at = to;
    reading.pass();
    return areCode.includes(true);
  });
}

function opensCode({ within }: ShellPlace, command: string, at: number): boolean {
  if (within === "'") return true;
  return within !== '(' && isRunAfter(command.slice(Math.max(0, at - 80), at));
}

/** Whether the next word is run: that of `sh -c` and its like, or of `eval`. */
function isRunAfter(line: string): boolean {
  return /(?:\s-\w*[ce]|\beval)\s+$/.test(line);
}
