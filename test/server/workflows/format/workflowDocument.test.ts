import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MAX_LENGTH, parseWorkflow } from '../../../../server/workflows/format/workflowDocument.ts';

const WHOLE = `name: fix-tests
agent: codex
inputs: { suite: unit, ticket: { description: Which one } }
maxIterations: 20
limits: { wallClock: 30m, tokens: 200000, costUsd: 5, memory: 2GiB, cpus: 2, pids: 100, disk: 1GiB }
steps:
  - id: implement
    prompt: Make the \${inputs.suite} tests pass for \${inputs.ticket}.
    until: npm test
    maxIterations: 10
    retry: { attempts: 2, backoff: 10s }
  - id: review
    needs: [implement]
    agent: claude
    gate: manual
    prompt: "Review \${steps.implement.output}; a literal $\${x}"
    untilOutput: "^DONE"
`;

/** Each problem as its code and the text that it is about. */
function found(text: string, agents?: readonly string[]): string[] {
  const { problems } = parseWorkflow(text, agents === undefined ? {} : { agents });
  return problems.map(({ code, from, to }) => `${code} <${text.slice(from, to)}>`);
}

/** A workflow of these lines after a head that is right. */
const steps = (...lines: readonly string[]) =>
  `agent: a\nsteps:\n${lines.map((line) => `  - ${line}\n`).join('')}`;

describe('a workflow file', () => {
  test('with everything in it is read, with its defaults', () => {
    const { file, problems } = parseWorkflow(WHOLE);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      file?.steps.map(({ id, needs, timeout, continueOnError }) => ({ id, needs, timeout, continueOnError })),
      [
        { id: 'implement', needs: [], timeout: '30m', continueOnError: false },
        { id: 'review', needs: ['implement'], timeout: '30m', continueOnError: false },
      ],
    );
    assert.equal(file.permissions, 'ask');
  });

  for (const [name, text, expected] of [
    ['an unknown key', 'agnt: a\nagent: a\nsteps: [{ id: x, prompt: p }]', ['unknown-key <agnt>']],
    ['an unknown key of a step', steps('{ id: x, prompt: p, promt: q }'), ['unknown-key <promt>']],
    ['a value of another type', steps('{ id: x, prompt: p, maxIterations: many }'), ['bad-value <many>']],
    ['a duration that is none', steps('{ id: x, prompt: p, timeout: soon }'), ['bad-value <soon>']],
    ['a pattern that is none', steps('{ id: x, prompt: p, untilOutput: "(" }'), ['bad-value <"(">']],
    [
      'a step that is there already',
      steps('{ id: x, prompt: p }', '{ id: x, prompt: q }'),
      ['duplicate-step <x>'],
    ],
    ['a step that is not there', steps('{ id: x, prompt: p, needs: [why] }'), ['unknown-step <why>']],
    ['a step that needs itself', steps('{ id: x, prompt: p, needs: [x] }'), ['cycle <x>']],
    [
      'steps that need each other',
      steps('{ id: x, prompt: p, needs: [y] }', '{ id: y, prompt: p, needs: [x] }'),
      ['cycle <y>', 'cycle <x>'],
    ],
    [
      'a reference to no input',
      steps('{ id: x, prompt: "${inputs.y}" }'),
      ['unknown-reference <"${inputs.y}">'],
    ],
    [
      'the output of a step that is not needed',
      steps('{ id: x, prompt: p }', '{ id: y, prompt: "${steps.x.output}" }'),
      ['not-needed-output <"${steps.x.output}">'],
    ],
    [
      'steps that may take more than the run',
      `maxIterations: 5\n${steps('{ id: x, prompt: p, until: t }')}`,
      ['budget-over <5>'],
    ],
    [
      'a folder outside of the workspace',
      steps('{ id: x, prompt: p, cwd: a/../../b }', '{ id: y, prompt: p, cwd: /b }'),
      ['bad-value <a/../../b>', 'bad-value </b>'],
    ],
    ['aliases', 'agent: &a x\nname: *a\nsteps: [{ id: x, prompt: p }]', ['no-aliases <*a>']],
    ['a step without an agent', 'steps: [{ id: x, prompt: p }]', ['bad-value <x>']],
  ] as const) {
    test(`${name} is told where it stands`, () => {
      assert.deepEqual(found(text), expected);
    });
  }

  test('an agent that is not in the setting is told of where it is known which are', () => {
    const text = steps('{ id: x, prompt: p }', '{ id: y, prompt: p, agent: b }');
    assert.deepEqual(found(text), []);
    assert.deepEqual(found(text, ['b']), ['unknown-agent <a>']);
    assert.deepEqual(found(text, ['a']), ['unknown-agent <b>']);
  });

  test('what is missing is told at what it is missing from', () => {
    assert.deepEqual(found(steps('{ id: x }')), ['bad-value <{ id: x }>']);
  });

  test('a file that is too large is not read', () => {
    assert.deepEqual(found('#'.repeat(MAX_LENGTH + 1)), ['too-large <>']);
  });

  test('whatever is in it, nothing throws, and each problem is about a part of it', () => {
    const piece = fc.constantFrom(
      'steps:',
      ' - ',
      'id: x',
      '\n',
      '  ',
      '{',
      '}',
      '[',
      ']',
      '&a',
      '*a',
      '!!js ',
      '"',
      "'",
      '|',
      '---',
      '\t',
      ': ',
      '${',
      '<<: ',
    );
    const mutated = fc
      .tuple(fc.nat(WHOLE.length), fc.nat(40), fc.oneof(piece, fc.string()))
      .map(([at, length, text]) => WHOLE.slice(0, at) + text + WHOLE.slice(at + length));
    fc.assert(
      fc.property(
        fc.oneof(
          mutated,
          fc.array(piece).map((all) => all.join('')),
          fc.string(),
        ),
        (text) => {
          const { problems, file } = parseWorkflow(text, { agents: ['codex'] });
          for (const { from, to, severity } of problems) {
            assert.ok(from >= 0 && from <= to && to <= text.length);
            if (severity === 'error') assert.equal(file, undefined);
          }
          assert.ok(file !== undefined || problems.length > 0);
        },
      ),
      { numRuns: 500 },
    );
  });
});
