import { Composer, CST, Document, Parser, type YAMLError } from 'yaml';
import type { FoundProblem } from './problem.ts';
import { yamlWords } from './yamlWords.ts';

/** In UTF-16 units: a longer file is no workflow. */
export const MAX_LENGTH = 1024 * 1024;
/** Maps and lists in each other. A workflow has 5; what reads them recurses. */
const MAX_DEPTH = 32;
/** Entries of maps and lists: a file is read anew with every key that is pressed in it. */
const MAX_ENTRIES = 50_000;

export interface YamlText {
  /** What could be read, whatever is wrong with the rest; empty where the file is too much to read. */
  readonly document: Document;
  readonly problems: readonly FoundProblem[];
}

/** Reads a text as one YAML document. Never throws, and takes time that grows with the length of the text alone. */
export function readYaml(text: string): YamlText {
  if (text.length > MAX_LENGTH)
    return unread('too-large', `The file is larger than ${MAX_LENGTH / 1024} KiB.`, 0);
  const tokens = [...new Parser().parse(text)];
  const excess = excessOf(tokens);
  if (excess !== undefined) return excess;
  // Keys that are there twice are looked for by ourselves: the parser compares each with all that are before it.
  const composer = new Composer({ prettyErrors: false, merge: false, uniqueKeys: false, logLevel: 'error' });
  const [first, second] = take(composer.compose(tokens, true, text.length), 2);
  const document = first ?? new Document();
  const problems = [...document.errors, ...document.warnings].map((error) => syntaxProblem(error, text));
  if (second === undefined) return { document, problems };
  const from = within(text, second.range[0]);
  const message = 'A workflow is one YAML document: remove the --- and what comes behind it.';
  return {
    document,
    problems: [
      ...problems,
      { severity: 'error', code: 'yaml-syntax', message, from, to: within(text, from + 3) },
    ],
  };
}

function take<T>(all: Iterable<T>, most: number): T[] {
  const taken: T[] = [];
  for (const one of all) {
    taken.push(one);
    if (taken.length === most) break;
  }
  return taken;
}

function syntaxProblem({ code, message, pos: [start, end] }: YAMLError, text: string): FoundProblem {
  const from = within(text, start);
  const to = Math.max(from, within(text, end));
  const written = text.slice(from, to);
  return { severity: 'error', code: 'yaml-syntax', message: yamlWords(code, message, written), from, to };
}

/** Level by level: whatever recurses over a file that is nested as deep as it is long would overflow. */
function excessOf(tokens: readonly CST.Token[]): YamlText | undefined {
  let level = tokens.flatMap((token) => (token.type === 'document' ? (token.value ?? []) : []));
  let entries = 0;
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH)
      return unread(
        'too-deep',
        `Maps and lists are nested more than ${MAX_DEPTH} deep here.`,
        level[0]?.offset,
      );
    const next: CST.Token[] = [];
    for (const token of level) {
      if (!CST.isCollection(token)) continue;
      entries += token.items.length;
      if (entries > MAX_ENTRIES)
        return unread('too-large', `The file has more than ${MAX_ENTRIES} entries.`, token.offset);
      for (const { key, value } of token.items) {
        if (key) next.push(key);
        if (value) next.push(value);
      }
    }
    level = next;
  }
  return undefined;
}

function unread(code: 'too-large' | 'too-deep', message: string, at = 0): YamlText {
  return { document: new Document(), problems: [{ severity: 'error', code, message, from: at, to: at }] };
}

export function within(text: string, offset: number): number {
  return Math.max(0, Math.min(offset, text.length));
}
