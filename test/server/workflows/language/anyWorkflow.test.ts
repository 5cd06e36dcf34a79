import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { parseWorkflow } from '../../../../server/workflows/format/workflowDocument.ts';
import type { WorkflowFile } from '../../../../server/workflows/format/workflowFile.ts';
import { occurrenceAt, occurrences } from '../../../../server/workflows/language/names.ts';
import { quickFixes } from '../../../../server/workflows/language/quickFixes.ts';
import { rename } from '../../../../server/workflows/language/rename.ts';
import { edited, file, URI } from './marked.ts';

const name = fc.oneof(
  fc.constantFrom('a', 'b-c', 'true', 'null', 'inputs', 'steps', 'iteration', 'output', '_'),
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_-]{0,12}$/),
);
/** What stands around a reference, made so that YAML writes it in each of its ways. */
const around = fc.constantFrom(
  '',
  ' ',
  'Do ',
  ': ',
  ' # ',
  '"',
  "'",
  '\n',
  '\\',
  '$${',
  '$',
  'a\n\n  b',
  '\t',
  '🚀',
  '{',
  '\u2028',
);

/** Any workflow, with no problem in it, and the way in which it is written. */
const anyWorkflow = fc
  .record({
    ids: fc.uniqueArray(name, { minLength: 1, maxLength: 5 }),
    inputs: fc.uniqueArray(name, { maxLength: 3 }),
    texts: fc.array(fc.array(fc.tuple(around, fc.nat())), { minLength: 12, maxLength: 12 }),
    end: around,
    style: fc.record({
      lineWidth: fc.constantFrom(0, 20, 80),
      defaultStringType: fc.constantFrom(
        'PLAIN',
        'QUOTE_DOUBLE',
        'QUOTE_SINGLE',
        'BLOCK_LITERAL',
        'BLOCK_FOLDED',
      ),
      defaultKeyType: fc.constantFrom(null, 'PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE'),
      collectionStyle: fc.constantFrom('any', 'block', 'flow'),
      indent: fc.constantFrom(1, 2, 4),
    } as const),
    lineEnd: fc.constantFrom('\n', '\r\n'),
  })
  .map(({ ids, inputs, texts, end, style, lineEnd }) => {
    const text = (index: number, pieces: number) => {
      const names = [
        ...inputs.map((one) => `\${inputs.${one}}`),
        ...ids.slice(0, index).map((one) => `\${steps.${one}.output}`),
        '${iteration}',
      ];
      const parts = texts[pieces] ?? [];
      // Closed, so that what comes before a reference never makes an escape of it.
      return `x${parts.map(([before, at]) => `${before} ${names[at % names.length]}`).join('')}${end}x`;
    };
    const workflow = {
      agent: 'codex',
      inputs: Object.fromEntries(inputs.map((one) => [one, 'default'])),
      steps: ids.map((id, index) => ({
        id,
        needs: ids.slice(0, index),
        prompt: text(index, index * 2),
        until: text(index, index * 2 + 1),
        env: { A: text(index, 11) },
      })),
    };
    return stringify(workflow, style).replaceAll('\n', lineEnd);
  });

/** What a file says once a name in it is another one. */
function renamed(workflow: WorkflowFile, kind: 'step' | 'input', from: string, to: string): WorkflowFile {
  const inText = (text: string) =>
    text.replaceAll(
      /\$\$\{|\$\{(inputs|steps)\.([\w-]+)(\.output)?\}/g,
      (all, group?: string, one?: string, end = '') =>
        group === (kind === 'input' ? 'inputs' : 'steps') && one === from ? `\${${group}.${to}${end}}` : all,
    );
  const id = (one: string) => (kind === 'step' && one === from ? to : one);
  return {
    ...workflow,
    inputs: Object.fromEntries(
      Object.entries(workflow.inputs).map(([one, value]) => [
        kind === 'input' && one === from ? to : one,
        value,
      ]),
    ),
    steps: workflow.steps.map((step) => ({
      ...step,
      id: id(step.id),
      needs: step.needs.map(id),
      prompt: inText(step.prompt),
      ...(step.until === undefined ? {} : { until: inText(step.until) }),
      env: Object.fromEntries(Object.entries(step.env).map(([key, value]) => [key, inText(value)])),
    })),
  };
}

describe('any workflow, however it is written', () => {
  it('is the same but for the name when a step or an input is renamed', () => {
    fc.assert(
      fc.property(anyWorkflow, fc.nat(), name, (written, at, newName) => {
        const { text, parsed } = file(written);
        assert.ok(parsed.file, JSON.stringify(parsed.problems));
        const all = occurrences(parsed);
        const one = occurrenceAt(parsed, all[at % all.length]?.from ?? 0);
        assert.ok(one);
        const taken = all.some(({ kind, name }) => kind === one.kind && name === newName);
        fc.pre(!taken && newName !== '__proto__');
        const result = rename(parsed, text, one.from, newName);
        assert.ok('edits' in result, JSON.stringify(result));
        const after = parseWorkflow(edited(text, result.edits));
        assert.deepEqual(after.file, renamed(parsed.file, one.kind, one.name, newName));
      }),
      { numRuns: 400 },
    );
  });

  it('has no such problem any more when a quick fix has put it right', () => {
    const broken = anyWorkflow.chain((written) => {
      const words = [...written.matchAll(/[A-Za-z]{3,}/g)];
      return fc.nat(words.length - 1).map((at) => {
        const word = words[at];
        const from = (word?.index ?? 0) + 1;
        return written.slice(0, from) + written.slice(from + 1);
      });
    });
    fc.assert(
      fc.property(broken, (written) => {
        const { text, parsed } = file(written, ['codex']);
        for (const action of quickFixes(parsed, text, [0, written.length], ['codex'])) {
          const after = parseWorkflow(edited(text, action.edit?.changes?.[URI] ?? []), { agents: ['codex'] });
          const count = (problems: readonly { code: string }[]) =>
            problems.filter(({ code }) => code === action.diagnostics?.[0]?.code).length;
          assert.ok(count(after.problems) < count(parsed.problems), action.title);
          assert.ok(
            !after.problems.some(({ code }) => code === 'yaml-syntax') ||
              parsed.problems.some(({ code }) => code === 'yaml-syntax'),
          );
        }
      }),
      { numRuns: 400 },
    );
  });
});
