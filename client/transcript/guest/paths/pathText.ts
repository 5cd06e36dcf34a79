/** A file, and a place in it where one is named. Lines and columns from 1. */
export interface PathTarget {
  readonly path: string;
  readonly line?: number;
  readonly column?: number;
}

const MAX_LENGTH = 1000;
const place =
  /(?::(\d{1,7})(?:-\d{1,7}|:(\d{1,7}))?|#L(\d{1,7})(?:-L?\d{1,7})?|\((\d{1,7})(?:, ?(\d{1,7}))?\))$/;
/** Signs of something else: addresses, patterns, commands, markup, assignments. */
const foreign = /:\/\/|[*?<>|"`$=;{}!&\n\t]|\s-|^[-@#]|^\/\/|\/\/|^\W+$/;
const ending =
  /\.(?:[cm]?[jt]sx?|json[cl5]?|py[iw]?|ipynb|go|rs|java|kts?|[ch](?:pp|xx|c|h)?|cs|rb|php|swift|html?|s?css|less|ya?ml|toml|xml|sql|mdx?|txt|log|sh|bash|zsh|ps1|bat|lua|ini|cfg|conf|env|lock|csv|tsv|svg|png|jpe?g|gif|webp|pdf|proto|graphql|vue|svelte|astro|gradle|tf|dart|ex|exs|erl|hs|scala|sbt|zig|nix|diff|patch|mod|sum)$/i;
const knownName =
  /^(?:Dockerfile|Containerfile|Makefile|Gemfile|Rakefile|LICENSE|README|CHANGELOG|\.[a-z]+(?:ignore|rc|attributes))$/;

/** The file that a text names as a whole; undefined where it does not look like a path. Whether it exists is another question. */
export function pathTarget(text: string): PathTarget | undefined {
  if (text.length > MAX_LENGTH || text === '' || text.trim() !== text) return undefined;
  const [suffix = '', line, column, hashLine, bracketLine, bracketColumn] = place.exec(text) ?? [];
  const path = text.slice(0, text.length - suffix.length);
  if (path === '' || foreign.test(path)) return undefined;
  const hasFolder = /[/\\]/.test(path) && /[^./\\\d]/.test(path);
  const name = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
  if (!hasFolder && (/\s/.test(path) || !(ending.test(name) || knownName.test(name)))) return undefined;
  const atLine = Number(line ?? hashLine ?? bracketLine ?? 0);
  const atColumn = Number(column ?? bracketColumn ?? 0);
  return {
    path,
    ...(atLine > 0 ? { line: atLine } : {}),
    ...(atLine > 0 && atColumn > 0 ? { column: atColumn } : {}),
  };
}
