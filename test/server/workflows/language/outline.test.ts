import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SymbolKind, type DocumentSymbol } from 'vscode-languageserver-types';
import { codeLenses, type ShownRun } from '../../../../server/workflows/language/codeLenses.ts';
import { diagnostics } from '../../../../server/workflows/language/diagnostics.ts';
import { foldingRanges } from '../../../../server/workflows/language/folding.ts';
import { symbols } from '../../../../server/workflows/language/symbols.ts';
import { file, shown, URI } from './marked.ts';

const FILE = `# A workflow
# of two steps.
agent: codex
inputs:
  suite: unit
  ticket: { description: Which }
steps:
  - id: build
    prompt: |
      Build it.
      # not a comment
      # of the file

  - prompt: Test it.
    env:
      A: b
`;

describe('the outline', () => {
  it('has the inputs and the steps, each where it stands', () => {
    const { text, parsed } = file(FILE);
    const lines = (all: readonly DocumentSymbol[], depth = 0): string[] =>
      all.flatMap(({ name, kind, detail, range, selectionRange: { start }, children }) => [
        `${' '.repeat(depth)}${name} ${kind} ${detail} ${range.start.line}:${range.start.character}-${range.end.line}:${range.end.character} at ${start.line}:${start.character}`,
        ...lines(children ?? [], depth + 1),
      ]);
    assert.deepEqual(lines(symbols(parsed, text)), [
      `inputs ${SymbolKind.Namespace} undefined 3:0-5:32 at 3:0`,
      ` suite ${SymbolKind.Variable} unit 4:2-4:13 at 4:2`,
      ` ticket ${SymbolKind.Variable} undefined 5:2-5:32 at 5:2`,
      `steps ${SymbolKind.Array} undefined 6:0-15:10 at 6:0`,
      ` build ${SymbolKind.Function} Build it. 7:4-11:19 at 7:8`,
      ` step 2 ${SymbolKind.Function} Test it. 13:4-15:10 at 13:4`,
    ]);
  });

  it('folds what goes over lines, and comments', () => {
    const { text, parsed } = file(FILE);
    const found = foldingRanges(parsed, text).map(
      ({ startLine, endLine, kind }) => `${startLine}-${endLine}${kind === undefined ? '' : ` ${kind}`}`,
    );
    assert.deepEqual(found, ['3-5', '6-15', '7-11', '13-15', '8-11', '14-15', '0-1 comment']);
  });

  it('is there for a file that does not parse', () => {
    const { text, parsed } = file(`${FILE}  - id: [\n`);
    assert.ok(parsed.problems.length > 0);
    assert.deepEqual(
      symbols(parsed, text).map(({ name, children }) => [name, children?.length]),
      [
        ['inputs', 2],
        ['steps', 3],
      ],
    );
    assert.ok(foldingRanges(parsed, text).length > 3);
  });
});

describe('a problem', () => {
  it('becomes a diagnostic at the very place', () => {
    const { text, parsed } = file(
      'agent: a\nsteps:\n  - id: 🚀x\n    prompt: p\n    needs: [b]\n    promt: q\n',
    );
    assert.deepEqual(
      diagnostics(parsed, text).map(({ code, severity, source, range }) => [
        code,
        severity,
        source,
        shown(text, range),
      ]),
      [
        ['bad-value', 1, 'lockstep', '2:8-2:11 🚀x'],
        ['unknown-step', 1, 'lockstep', '4:12-4:13 b'],
        ['unknown-key', 1, 'lockstep', '5:4-5:9 promt'],
      ],
    );
  });

  it('that is no error is a warning', () => {
    const { text, parsed } = file('agent: a\nsteps: [{ id: x, prompt: p }]\n', ['b']);
    assert.deepEqual(
      diagnostics(parsed, text).map(({ code, severity, range }) => [code, severity, shown(text, range)]),
      [['unknown-agent', 2, '0:7-0:8 a']],
    );
  });
});

describe('the lenses', () => {
  const commands = { run: 'c.run', resume: 'c.resume', stop: 'c.stop', show: 'c.show' };
  const run = (status: ShownRun['status']): ShownRun => ({
    id: 'r1',
    status,
    iterations: 3,
    maxIterations: 10,
    steps: [{ id: 'build', iterations: 2, maxIterations: 5, session: 's1' }],
  });
  const shownLenses = (of: ShownRun | undefined, written = FILE) => {
    const { text, parsed } = file(written);
    return codeLenses(parsed, text, of, commands).map(({ range: { start }, command }) => {
      const [argument] = (command?.arguments ?? []) as readonly unknown[];
      return `${start.line}:${start.character} ${command?.title} ${command?.command} ${argument === URI ? 'uri' : JSON.stringify(argument)}`;
    });
  };

  it('run a file', () => {
    assert.deepEqual(shownLenses(undefined), ['2:0 Run c.run uri']);
    assert.deepEqual(shownLenses(undefined, 'name: no steps yet\n'), []);
  });

  for (const [status, expected] of [
    ['active', ['Stop c.stop "r1"', '3/10 c.show {"ref":"lockstep:r1"}']],
    ['pausing', ['Stop c.stop "r1"', '3/10 pausing c.show {"ref":"lockstep:r1"}']],
    ['paused', ['Resume c.resume "r1"', 'Stop c.stop "r1"', '3/10 paused c.show {"ref":"lockstep:r1"}']],
    ['parked', ['Resume c.resume "r1"', 'Stop c.stop "r1"', '3/10 parked c.show {"ref":"lockstep:r1"}']],
    [
      'interrupted',
      ['Resume c.resume "r1"', 'Stop c.stop "r1"', '3/10 interrupted c.show {"ref":"lockstep:r1"}'],
    ],
    ['stopping', ['3/10 stopping c.show {"ref":"lockstep:r1"}']],
    ['completed', ['3/10 completed c.show {"ref":"lockstep:r1"}']],
  ] as const) {
    it(`of a run that is ${status} show how far it is and do what can be done`, () => {
      assert.deepEqual(shownLenses(run(status)), [
        '2:0 Run c.run uri',
        ...expected.map((one) => `2:0 ${one}`),
        '7:4 2/5 c.show {"ref":"lockstep:s1"}',
      ]);
    });
  }
});
