import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { TextEdit, type Range } from 'vscode-languageserver-types';
import { codeLenses, type ShownRun } from '../../../../server/workflows/language/codeLenses.ts';
import { completions } from '../../../../server/workflows/language/completion.ts';
import { definitions } from '../../../../server/workflows/language/definition.ts';
import { diagnostics } from '../../../../server/workflows/language/diagnostics.ts';
import { foldingRanges } from '../../../../server/workflows/language/folding.ts';
import { hover } from '../../../../server/workflows/language/hover.ts';
import { quickFixes } from '../../../../server/workflows/language/quickFixes.ts';
import { references } from '../../../../server/workflows/language/references.ts';
import { rename, renameRange } from '../../../../server/workflows/language/rename.ts';
import { symbols } from '../../../../server/workflows/language/symbols.ts';
import { parseWorkflow } from '../../../../server/workflows/format/workflowDocument.ts';
import { edited, file } from './marked.ts';

const WHOLE = `name: fix-tests
agent: codex
inputs: { suite: unit, ticket: { description: Which one } }
maxIterations: 20
limits: { wallClock: 30m, tokens: 200000 }
steps:
  - id: implement
    prompt: Make the \${inputs.suite} tests pass for \${inputs.ticket}.
    until: npm test
    retry: { attempts: 2, backoff: 10s }
  - id: review # of it
    needs: [implement]
    gate: manual
    prompt: "Review \${steps.implement.output}; a literal $\${x}"
  - id: 'last'
    needs:
      - review
    prompt: |
      Look at \${steps.review.output}
`;

const pieces =
  'steps:| - |id: x|\n|  |{|}|[|]|&a |*a|!!js |"|\'|\\||---|\t|: |${|<<: |? |>-|# |🚀|\r\n|\0|\uE000'
    .split(/(?<!\\)\|/)
    .map((piece) => piece.replace('\\|', '|'));
const piece = fc.constantFrom(...pieces);
const anyText = fc.oneof(
  fc
    .tuple(fc.nat(WHOLE.length), fc.nat(40), fc.oneof(piece, fc.string()))
    .map(([at, length, text]) => WHOLE.slice(0, at) + text + WHOLE.slice(at + length)),
  fc.array(piece).map((all) => all.join('')),
  fc.string(),
);

const RUN: ShownRun = {
  id: 'r',
  status: 'paused',
  iterations: 1,
  maxIterations: 2,
  steps: [{ id: 'x', iterations: 1, maxIterations: 1 }],
};

/** All features at one offset, in some order. Throws where one does, or where a range is none of the text. */
function useAll(written: string, offset: number): void {
  const { text, parsed } = file(written, ['codex', 'claude']);
  const agents = ['codex', 'claude'];
  const end = text.positionAt(written.length);
  const check = ({ start, end: last }: Range) => {
    assert.ok(text.offsetAt(start) <= text.offsetAt(last));
    assert.ok(last.line <= end.line);
    assert.deepEqual(text.positionAt(text.offsetAt(start)), start);
    assert.deepEqual(text.positionAt(text.offsetAt(last)), last);
  };
  for (const { range } of diagnostics(parsed, text)) check(range);
  for (const { textEdit } of completions(text, offset, { agents, snippets: true })) {
    assert.ok(TextEdit.is(textEdit));
    check(textEdit.range);
    assert.ok(text.offsetAt(textEdit.range.start) <= offset && offset <= text.offsetAt(textEdit.range.end));
    assert.equal(textEdit.range.start.line, textEdit.range.end.line);
  }
  const hovered = hover(parsed, text, offset);
  if (hovered?.range) check(hovered.range);
  for (const { range } of definitions(parsed, text, offset)) check(range);
  for (const { range } of references(parsed, text, offset, { includeDeclaration: true })) check(range);
  const named = renameRange(parsed, text, offset);
  if (named) check(named.range);
  const renamed = rename(parsed, text, offset, 'other');
  assert.equal('edits' in renamed || renamed.refusal.startsWith('There is'), named !== undefined);
  if ('edits' in renamed) edited(text, renamed.edits);
  for (const { range, selectionRange, children } of symbols(parsed, text)) {
    check(range);
    for (const { range: inner, selectionRange: name } of [{ range, selectionRange }, ...(children ?? [])]) {
      check(inner);
      assert.ok(text.offsetAt(inner.start) <= text.offsetAt(name.start));
      assert.ok(text.offsetAt(name.end) <= text.offsetAt(inner.end));
    }
  }
  for (const { startLine, endLine } of foldingRanges(parsed, text))
    assert.ok(startLine < endLine && endLine <= end.line);
  const commands = { run: 'a', resume: 'b', stop: 'c', show: 'd' };
  for (const { range } of codeLenses(parsed, text, RUN, commands)) check(range);
  for (const { edit } of quickFixes(parsed, text, [0, written.length], agents))
    for (const edits of Object.values(edit?.changes ?? {})) edited(text, edits);
}

describe('the language features', () => {
  it('throw at no place of no text, and give places that the text has', () => {
    fc.assert(
      fc.property(anyText, fc.nat(), (written, at) => useAll(written, at % (written.length + 1))),
      { numRuns: 1500 },
    );
  });

  it('are right at each place of a file as it is typed', () => {
    for (let length = 0; length <= WHOLE.length; length++) useAll(WHOLE.slice(0, length), length);
  });

  it('rename a step to another name and back without leaving a trace', () => {
    fc.assert(
      fc.property(
        fc.nat(WHOLE.length),
        fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_-]{0,20}$/),
        (offset, name) => {
          const { text, parsed } = file(WHOLE);
          const from = renameRange(parsed, text, offset);
          const renamed = rename(parsed, text, offset, name);
          if (from === undefined || !('edits' in renamed)) return;
          const after = edited(text, renamed.edits);
          assert.deepEqual(parseWorkflow(after).problems, []);
          const again = file(after);
          const back = rename(
            again.parsed,
            again.text,
            again.text.offsetAt(from.range.start) +
              (after.at(again.text.offsetAt(from.range.start)) === '"' ? 1 : 0),
            from.placeholder,
          );
          assert.ok('edits' in back);
          const same = (one: string) => one.replaceAll(/["']/g, '');
          assert.equal(same(edited(again.text, back.edits)), same(WHOLE));
        },
      ),
    );
  });

  it('bear files that are nested deep', () => {
    for (const written of ['- '.repeat(20_000), '['.repeat(20_000), `steps:\n  - ${'{a: '.repeat(20_000)}`]) {
      useAll(written, written.length);
      useAll(written, 0);
    }
  });
});
