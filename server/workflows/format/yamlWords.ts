const WORDS: readonly (readonly [code: string, begin: string, words: string])[] = [
  ['MISSING_CHAR', 'Implicit map keys', 'A colon is missing: a key is followed by a colon and a value.'],
  ['MISSING_CHAR', 'Missing closing "', 'The closing " is missing.'],
  ['MISSING_CHAR', "Missing closing '", "The closing ' is missing."],
  ['MISSING_CHAR', 'Missing , or : between', 'A comma or a colon is missing.'],
  ['MISSING_CHAR', 'Missing , between', 'A comma is missing.'],
  ['MISSING_CHAR', 'Missing space after :', 'A space is missing behind the colon.'],
  ['MISSING_CHAR', 'Sequence item without -', 'An entry of a list begins with a dash and a space.'],
  ['MISSING_CHAR', 'Comments must be separated', 'A space is missing before the comment.'],
  ['MISSING_CHAR', 'Flow map must end', 'The closing } is missing.'],
  ['MISSING_CHAR', 'Flow sequence must end', 'The closing ] is missing.'],
  ['BAD_INDENT', 'Flow map in block', 'The closing } is missing, or not indented.'],
  ['BAD_INDENT', 'Flow sequence in block', 'The closing ] is missing, or not indented.'],
  ['BAD_INDENT', 'All mapping items', 'The keys of one map have to begin in the same column.'],
  ['BAD_INDENT', 'All sequence items', 'The dashes of one list have to stand in the same column.'],
  [
    'BLOCK_AS_IMPLICIT_KEY',
    'Nested mappings',
    'A colon and a space make a key of a text: put the text in quotes, or the key into the column of the others.',
  ],
  ['BLOCK_AS_IMPLICIT_KEY', 'A block sequence', 'A list cannot be a key: its key, with a colon, is missing.'],
  ['BLOCK_IN_FLOW', '', 'Between braces and brackets, maps and lists need braces and brackets too.'],
  ['MULTILINE_IMPLICIT_KEY', '', 'A key has to be on one line, with its colon.'],
  ['TAB_AS_INDENT', '', 'Tabs indent nothing in YAML: use spaces.'],
  ['BAD_SCALAR_START', '', 'A text that begins with this character has to be in quotes.'],
  ['UNEXPECTED_TOKEN', 'Unexpected , ', 'This comma is too much.'],
  ['UNEXPECTED_TOKEN', 'Unexpected empty item', 'Something is missing between these commas.'],
];

/** What the parser of YAML says of a mistake, as a sentence that names what to do. */
export function yamlWords(code: string, message: string, written: string): string {
  const own = WORDS.find(([known, begin]) => known === code && message.startsWith(begin))?.[2];
  if (own !== undefined) return own;
  if (code === 'TAG_RESOLVE_FAILED')
    return `Tags mean nothing in workflows: remove ${written.startsWith('!') ? written : 'it'}.`;
  return message.endsWith('.') ? message : `${message}.`;
}
