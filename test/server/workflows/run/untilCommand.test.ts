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
