import { hostileTexts } from './hostileText.ts';

const SIZE = 1900;
const fill = (text: string, size = SIZE) => text.repeat(Math.ceil(size / text.length)).slice(0, size);
const fence = (language: string, code: string) => `\`\`\`${language}\n${code}\n\`\`\``;
const manyLines = (line: string) => `${line}\n`.repeat(Math.floor(19_000 / (line.length + 1)));

/** What a grammar of each language begins, and never ends, or cannot decide. */
const bombs: Readonly<Record<string, readonly string[]>> = {
  typescript: [
    `const a = \`${fill('${`')}`,
    `a = /${fill('(a+)+')}`,
    `type T = ${fill('<A extends B ? ')}`,
    `x${fill('<a')}(`,
    `(${fill('a,')}`,
    `let x: ${fill('{a:')}`,
    fill('async '),
    fill('a ? '),
  ],
  tsx: [fill('<a b={'), fill('<a><b>'), `<${fill('a.')}`],
  javascript: [fill('`${'), `/${fill('[')}`, fill('/* '), fill('function(')],
  json: [fill('['), fill('{"a":'), `"${fill('\\u')}`],
  jsonc: [fill('/*'), fill('[//')],
  python: [`f"${fill('{f"')}`, fill('"""'), fill('('), fill('lambda '), `r"${fill('(?P<')}`, fill('@a.')],
  shellscript: [fill('$('), fill('`'), fill('"$('), fill('<<E '), fill('${a:-'), fill('((')],
  go: [fill('func('), fill('map['), fill('`'), fill('[]')],
  rust: [fill('r#"'), fill('<'), fill("'a "), fill('/*'), fill('#![')],
  java: [fill('<A extends '), fill('@A('), fill('new ')],
  kotlin: [fill('${'), fill('<'), fill('"""')],
  c: [fill('#if '), fill('('), fill('"\\'), fill('a*')],
  cpp: [fill('template<'), fill('R"('), fill('a::'), fill('[[')],
  csharp: [fill('$"{'), fill('<'), fill('@"'), fill('(')],
  ruby: [fill('#{'), fill('%w('), fill('<<~A '), `/${fill('#{/')}`, fill('%q[')],
  php: [`<?php ${fill('"{$')}`, `<?php ${fill('<<<A ')}`, `<?php ${fill('$a->')}`],
  swift: [fill('\\('), fill('#"'), fill('<'), fill('/*')],
  html: [fill('<a '), fill('<script>'), fill('<style>'), fill('<!--'), fill('<a b="')],
  css: [fill('a{'), fill(':not('), fill('['), fill('url('), fill('@media (')],
  scss: [fill('#{'), fill('@if '), fill('&:')],
  yaml: [fill('- '), fill('? '), fill('&a '), fill('{a: '), fill('"'), fill('a: ')],
  toml: [fill('['), fill('a.'), fill('"""'), fill('{a=')],
  xml: [fill('<a '), fill('<![CDATA['), fill('<!DOCTYPE '), fill('&a')],
  sql: [fill('('), fill("'"), fill('CASE '), fill('/*')],
  markdown: [fill('['), fill('*_'), fill('> '), fill('`'), fill('<a'), fill('|-')],
  diff: [fill('@@ '), fill('+-'), fill('---')],
  docker: [fill('RUN '), fill('\\'), fill('ONBUILD ')],
  make: [fill('$('), fill('${'), fill('a:')],
  lua: [fill('[['), fill('--[['), fill('function(')],
  ini: [fill('['), fill('a='), fill(';')],
};

/** Read by every expression there is: long runs that end in what does not fit. */
const ambiguous = [
  `${fill('a')}!`,
  `${fill(' ')}x`,
  `${fill('\\')}"`,
  `${fill('aA0_')}(`,
  `${fill('\t ')}#`,
  fill('((((a+)+)+)+)+'),
];

export const highlighterBombs = Object.entries(bombs).flatMap(([language, codes]) =>
  hostileTexts(
    `bomb in ${language}`,
    [...codes, ...ambiguous].map((code, index) => fence(language, index % 3 === 0 ? manyLines(code) : code)),
  ),
);
