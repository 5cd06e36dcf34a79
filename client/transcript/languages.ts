/** The names that people and agents write after a fence, and endings of files, for each grammar there is. */
const names = {
  typescript: ['ts', 'mts', 'cts'],
  tsx: [],
  javascript: ['js', 'mjs', 'cjs', 'node'],
  jsx: [],
  json: ['webmanifest'],
  jsonc: ['json5', 'jsonl', 'ndjson', 'code-workspace'],
  python: ['py', 'py3', 'python3', 'pyi'],
  shellscript: ['sh', 'bash', 'zsh', 'shell', 'console', 'shell-session', 'terminal', 'ksh'],
  go: ['golang'],
  rust: ['rs'],
  java: [],
  kotlin: ['kt', 'kts'],
  c: ['h'],
  cpp: ['c++', 'cc', 'cxx', 'hpp', 'hh', 'hxx'],
  csharp: ['cs', 'c#'],
  ruby: ['rb', 'rake', 'gemspec'],
  php: [],
  swift: [],
  html: ['htm', 'xhtml'],
  css: [],
  scss: [],
  yaml: ['yml'],
  toml: [],
  xml: ['svg', 'xsd', 'xsl', 'plist', 'csproj'],
  sql: ['sqlite', 'postgresql', 'mysql'],
  markdown: ['md', 'mdx'],
  diff: ['patch'],
  docker: ['dockerfile', 'containerfile'],
  make: ['makefile', 'mk'],
  lua: [],
  ini: ['cfg', 'conf', 'properties', 'editorconfig', 'env'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Grammar = keyof typeof names;

const grammars: ReadonlyMap<string, Grammar> = new Map(
  Object.entries(names).flatMap(([grammar, others]) =>
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of `names`, which Object.entries widens
    [grammar, ...others].map((name) => [name, grammar as Grammar] as const),
  ),
);

/** The grammar for what stands after a fence; undefined for a language that is not known. */
export function grammarOf(language: string): Grammar | undefined {
  return grammars.get(language.toLowerCase());
}

/** The grammar for a file, by its name. */
export function grammarOfPath(path: string): Grammar | undefined {
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1).toLowerCase();
  return grammars.get(name) ?? grammars.get(name.slice(name.lastIndexOf('.') + 1));
}
