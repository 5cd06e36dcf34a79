import { isAlias, isMap } from 'yaml';
import type * as z from 'zod';
import type { FoundProblem, Path, ProblemCode, ProblemData, Slip } from './problem.ts';
import { keysAt, objectOf, schemaAt } from './workflowSchema.ts';
import { branchAt, headRange, rangeOf, valueRange, type Branch } from './yamlTree.ts';

type Issue = z.core.$ZodIssue;

const TEXT = 'a text';
const LIST = 'a list';
const INTEGER = 'a whole number';
const TYPES: Readonly<Record<string, string>> = {
  string: TEXT,
  number: 'a number',
  int: INTEGER,
  boolean: 'true or false',
  array: LIST,
  object: 'a map',
  record: 'a map',
};

/** What the schema says of a file, as problems of the places that it is about. */
export function issueProblems(issue: Issue, root: Branch): FoundProblem[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  const { branch, isWhole } = branchAt(root, path);
  if (isAlias(branch.node)) return []; // told already
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(key, path, branch));
  if (!isWhole) return [missingKey(path, branch)];
  if (path.length === 0 && branch.value === null) return [emptyFile()];
  if (issue.code === 'invalid_union') {
    const inObject = isMap(branch.node) ? issue.errors.at(-1) : undefined;
    const isObjectHere = objectOf(schemaAt(path) ?? {}) !== undefined;
    if (isObjectHere && inObject !== undefined)
      return inObject.flatMap((inner) => issueProblems({ ...inner, path: [...path, ...inner.path] }, root));
  }
  const { code, words, ...more } = verdict(issue, path, branch);
  const isAboutKey = issue.code === 'invalid_key' && branch.key !== undefined;
  const [from, to] = isAboutKey ? headRange(branch) : valueRange(branch);
  return [{ severity: 'error', code, message: `${subject(path)} ${words}`, from, to, ...more }];
}

interface Verdict {
  readonly code: ProblemCode;
  /** How the sentence goes on behind what it is about. */
  readonly words: string;
  readonly data?: ProblemData;
  readonly slip?: Slip;
}

function verdict(issue: Issue, path: Path, { value }: Branch): Verdict {
  const schema = schemaAt(path) ?? {};
  switch (issue.code) {
    case 'invalid_type':
      if (schema.type === 'integer') return wrongType(INTEGER, value);
      if (schema.title !== undefined)
        return wrongType(`a ${schema.title} such as ${schema.examples?.[0]}`, value);
      return wrongType(TYPES[issue.expected] ?? `a value of the type ${issue.expected}`, value);
    case 'invalid_union':
      return wrongType(
        objectOf(schema) === undefined
          ? 'a text, a number, true or false'
          : 'a text, a number, true or false, or a map of description and default',
        value,
      );
    case 'invalid_value': {
      const values = issue.values.map(String);
      const words = `has to be ${values.length > 1 ? 'one of ' : ''}${values.join(', ')}.`;
      const slip = typeof value === 'string' ? { slip: { word: value, candidates: () => values } } : {};
      return { code: 'bad-value', words, ...slip };
    }
    case 'too_small':
      if (issue.origin === 'string') return { code: 'bad-value', words: 'must not be empty.' };
      if (issue.origin === 'array') return { code: 'bad-value', words: 'has to have an entry.' };
      return {
        code: 'bad-value',
        words: `has to be ${issue.inclusive === false ? 'more than' : 'at least'} ${issue.minimum}.`,
      };
    case 'too_big':
      if (issue.origin === 'string')
        return { code: 'bad-value', words: `must not be longer than ${issue.maximum} characters.` };
      if (issue.origin === 'array')
        return { code: 'bad-value', words: `must not have more than ${issue.maximum} entries.` };
      return { code: 'bad-value', words: `has to be at most ${schema.maximum ?? issue.maximum}.` };
    case 'invalid_key':
      return { code: 'bad-key', words: `${issue.issues[0]?.message ?? 'is no name'}.` };
    case 'custom':
    case 'invalid_format':
    case 'invalid_element':
    case 'not_multiple_of':
    case 'unrecognized_keys':
      return { code: 'bad-value', words: `${issue.message}.` };
  }
}

function wrongType(wanted: string, value: unknown): Verdict {
  const code = 'wrong-type';
  if (value === null || value === undefined) return { code, words: `has no value: it has to be ${wanted}.` };
  if (wanted === LIST && typeof value === 'string')
    return { code, words: 'has to be a list: put it in brackets.', data: { isForList: true } };
  if (wanted !== TEXT || typeof value === 'object') return { code, words: `has to be ${wanted}.` };
  return { code, words: 'has to be a text: put it in quotes.', data: { isForQuotes: true } };
}

/** What a sentence about the value at a path begins with. */
function subject(path: Path): string {
  const name = path.findLast((part) => typeof part === 'string');
  if (name === undefined) return 'A workflow';
  return typeof path.at(-1) === 'string' ? name : `Each entry of ${name}`;
}

function unknownKey(key: string, path: Path, { entries }: Branch): FoundProblem {
  const written = entries.get(key)?.key;
  const [from, to] = written === undefined ? [0, 0] : rangeOf(written);
  const free = () => keysAt(path).flatMap(([name]) => (entries.has(name) ? [] : [name]));
  return {
    severity: 'error',
    code: 'unknown-key',
    message: `There is no key ${key} here.`,
    from,
    to,
    slip: { word: key, candidates: free },
  };
}

function emptyFile(): FoundProblem {
  const message = 'The file is empty: a workflow has steps.';
  return { severity: 'error', code: 'missing-key', message, from: 0, to: 0, data: { missing: 'steps' } };
}

/** Told where what it is missing from begins: all of that may be long. */
function missingKey(path: Path, holder: Branch): FoundProblem {
  const key = String(path.at(-1));
  const [from, to] = headRange(holder);
  return {
    severity: 'error',
    code: 'missing-key',
    message: `The key ${key} is missing.`,
    from,
    to,
    data: { missing: key },
    scope: holder.node === undefined ? [from, to] : rangeOf(holder.node),
  };
}
