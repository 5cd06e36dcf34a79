import type { Workflow } from '../../protocol/workflowMethods.ts';
import { UsageError } from './commandError.ts';
import type { Person } from './person.ts';
import { oneLine, shellWord } from './text.ts';

type Inputs = Record<string, string>;

/**
 * The inputs that a command line gives, each `name=value`.
 * @throws UsageError for one that the workflow does not have, or that is given twice
 */
export function readInputs(given: readonly string[], { name: workflow, inputs }: Workflow): Inputs {
  const read = new Map<string, string>();
  for (const one of given) {
    const end = one.indexOf('=');
    if (end < 1) throw new UsageError(`--input needs a name and a value, such as message=hello: ${one}`);
    const name = one.slice(0, end);
    if (read.has(name)) throw new UsageError(`--input ${name} is given twice`);
    if (!inputs.some((input) => input.name === name)) {
      const names = inputs.map((input) => input.name).join(', ');
      throw new UsageError(
        `--input ${name}: ${oneLine(workflow)} has ${names === '' ? 'no inputs' : `no such input; it has ${names}`}`,
      );
    }
    read.set(name, one.slice(end + 1));
  }
  return fromMap(read);
}

/**
 * The inputs, with those that have to be given and are not asked for.
 * @throws UsageError where nobody can be asked, or gives no answer
 */
export async function askedInputs(
  given: Inputs,
  workflow: Workflow,
  person: Person | undefined,
): Promise<Inputs> {
  const all = new Map(Object.entries(given));
  const missing = workflow.inputs.filter((input) => input.default === undefined && !all.has(input.name));
  for (const { name, description } of missing) {
    const words = description === undefined ? '' : ` (${oneLine(description)})`;
    const answer = await person?.ask(`${name}${words}: `);
    if (answer === undefined) throw new UsageError(needsInputs(missing.map((input) => input.name)));
    all.set(name, answer);
  }
  return fromMap(all);
}

function needsInputs(names: readonly string[]): string {
  return `needs ${names.map((name) => `--input ${shellWord(name)}=…`).join(' ')}`;
}

/** `__proto__` is a name like any other. */
function fromMap(map: ReadonlyMap<string, string>): Inputs {
  return Object.fromEntries(map);
}
