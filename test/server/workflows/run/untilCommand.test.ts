import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { untilCommand, variableValue } from '../../../../server/workflows/run/untilCommand.ts';
import type { Reference } from '../../../../server/workflows/format/references.ts';

const values = (value: string) => (reference: Reference) =>
  reference.kind === 'iteration'
    ? '7'
    : reference.kind === 'input' && reference.name === 'none'
      ? undefined
      : value;

/** What the shell prints with the command line. */
function printed(until: string, value: string): string {
  const { argv, env } = untilCommand(until, values(value), 'linux');
  const [program, ...args] = argv;
  return execFileSync(program, args, { env: { PATH: process.env['PATH'], ...env }, encoding: 'utf8' });
}

const HOSTILE = [
  `'; touch /tmp/never; '`,
  '"; exit 3; "',
  '$(exit 3)',
  '`exit 3`',
  'a b  c',
  '*',
  '\\',
  '\n#',
  '${HOME}',
];

interface Word {
  /** As it is written in a command line. */
  readonly source: string;
  /** What the shell makes of it. */
  readonly value: string;
}

/** What a reference stands for here: all that a shell could read as its own, but a line end, which `$(…)` drops at its end. */
const X = `a  b'c"d$(e)\`f\\g#h*{i}\${HOME}`;

/** A word of a command line, with quotes, escapes, references and commands that print one, which lie in each other. */
function word(depth: number): fc.Arbitrary<Word> {
  const plain = fc
    .constantFrom('a', 'b#', '=', 'it', '/')
    .map((text): Word => ({ source: text, value: text }));
  const reference = fc.constant<Word>({ source: '${inputs.x}', value: X });
  const escaped = fc
    .constantFrom(' ', '#', '"', "'", '\\', '(', ')', '`', '&')
    .map((char): Word => ({ source: `\\${char}`, value: char }));
  const single = joined(
    fc.oneof(reference, text(['a', ' ', '#', '"', '\\', '(', '`', '$(', '\n'])),
    "'",
    "'",
  );
  const within = depth === 0 ? [] : [command(word(depth - 1))];
  const inDouble = text(['a', ' ', '#', "'", '(', ')', '\n', '\\"', '\\\\', '\\$.', '\\`'], (one) =>
    one.replace(/^\\/, ''),
  );
  const double = joined(fc.oneof(reference, inDouble, ...within), '"', '"');
  // Outside of quotes, what a command prints is split into words.
  return joined(fc.oneof(plain, reference, escaped, single, double), '', '', 1);
}

function text(parts: readonly string[], valueOf = (part: string) => part): fc.Arbitrary<Word> {
  return fc.constantFrom(...parts).map((part) => ({ source: part, value: valueOf(part) }));
}

function joined(part: fc.Arbitrary<Word>, begin: string, end: string, minLength = 0): fc.Arbitrary<Word> {
  return fc.array(part, { minLength, maxLength: 4 }).map((parts) => ({
    source: `${begin}${parts.map(({ source }) => source).join('')}${end}`,
    value: parts.map(({ value }) => value).join(''),
  }));
}

function command(printed: fc.Arbitrary<Word>): fc.Arbitrary<Word> {
  return printed.map(({ source, value }) => ({ source: `$(printf '%s.' ${source})`, value: `${value}.` }));
}

describe('a command with references', { skip: process.platform === 'win32' }, () => {
  test('gets each value as one text, wherever in the line it stands', () => {
    const lines = [
      "printf '%s' ${inputs.x}",
      `printf '%s' "\${inputs.x}"`,
      `printf '%s' '\${inputs.x}'`,
      `printf '%s' "$(printf '%s.' \${inputs.x})" | sed '$s/.$//'`,
      `# it's \${inputs.x}\nprintf '%s' \${inputs.x}`,
      `(printf '%s' \${inputs.x})`,
    ];
    for (const value of HOSTILE)
      for (const line of lines) assert.equal(printed(line, value).trimEnd(), value.trimEnd(), line);
    assert.equal(printed(`printf '%s' "a\${steps.s.output}b"\${inputs.x}c`, 'v w'), 'av wbv wc');
    assert.equal(printed('echo ${iteration}', ''), '7\n');
    assert.equal(printed(`printf '%s' a\\ #\${inputs.x} b\\\n#\${inputs.x}`, 'v w'), 'a #v wb#v w');
    assert.equal(printed(`printf '%s' \\\n# it's \${inputs.x}\nprintf '%s' \${inputs.x}`, 'v w'), 'v w');
  });

  test('leaves all that is no reference to the shell', () => {
    assert.equal(printed('A=1; echo ${A} $A "${A}" ${B:-2} $${A}', 'x'), '1 1 1 2 1\n');
    assert.equal(untilCommand('echo ${inputs.none}', values('x'), 'linux').argv[2], 'echo ${inputs.none}');
  });

  test('holds no value in its line, whatever the line and the value are', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom('a', ' ', '"', "'", '\\', '$(', '(', ')', '`', '#', '\n', '${inputs.x}', '${HOME}'),
        ),
        (parts) => {
          const line = parts.join('');
          const { argv, env } = untilCommand(line, values('VALUE-OF-X'), 'linux');
          assert.ok(!argv.join(' ').includes('VALUE'));
          assert.ok(!argv.join(' ').includes('\0'));
          const isThere = line.includes('${inputs.x}');
          assert.equal(Object.values(env).includes('VALUE-OF-X'), isThere && !line.includes('$${inputs.x}'));
        },
      ),
    );
  });

  test('gets each value as one text, however quotes and commands lie in each other', () => {
    fc.assert(
      fc.property(fc.array(word(2), { minLength: 1, maxLength: 12 }), (words) => {
        const line = `printf '<%s>\\n' ${words.map(({ source }) => source).join(' ')} # it's "$( \${inputs.x}`;
        assert.equal(
          printed(`${line}\nprintf . # \\\n\n`, X),
          `${words.map(({ value }) => `<${value}>\n`).join('')}.`,
          line,
        );
      }),
      { numRuns: 40 },
    );
  });

  test('is read in one go, however much there is of whatever it is', () => {
    // To read it again for each part would take hours.
    const count = 200_000;
    for (const part of ['a#', '# it is\n', '"', '(', "'", '\\', '${inputs.x}#']) {
      const { argv } = untilCommand(part.repeat(count), values('v'), 'linux');
      assert.ok((argv[2] ?? '').length >= count);
    }
  });

  test('tells apart names that differ in what a variable cannot tell', () => {
    const { env } = untilCommand(
      '${inputs.a-b} ${inputs.A_b} ${inputs.a-b} ${steps.a-b.output}',
      (reference) => JSON.stringify(reference),
    );
    assert.deepEqual(Object.keys(env), ['LOCKSTEP_INPUT_A_B', 'LOCKSTEP_INPUT_A_B_2', 'LOCKSTEP_OUTPUT_A_B']);
  });

  test('on Windows the value is put in after the line was read', () => {
    const { argv } = untilCommand('find "${inputs.x}" file', values('v'), 'win32');
    assert.deepEqual(argv, ['cmd.exe', '/d', '/v:on', '/s', '/c', 'find "!LOCKSTEP_INPUT_X!" file']);
    assert.deepEqual(untilCommand('dir', values('v'), 'win32').argv, ['cmd.exe', '/d', '/s', '/c', 'dir']);
  });

  test('a value is cut to what a variable can hold, at its beginning, and has no NUL', () => {
    const long = `${'ä'.repeat(100_000)}end`;
    const cut = variableValue(long);
    assert.ok(Buffer.byteLength(cut) <= 120 * 1024 && cut.endsWith('äend') && !cut.includes('\uFFFD'));
    assert.equal(variableValue('a\0b'), 'ab');
    execFileSync('/bin/true', { env: { LOCKSTEP_OUTPUT_STEP: cut } });
  });
});
