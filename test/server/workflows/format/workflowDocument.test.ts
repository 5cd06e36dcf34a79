import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseWorkflow } from '../../../../server/workflows/format/workflowDocument.ts';
import { MAX_LENGTH } from '../../../../server/workflows/format/yamlText.ts';

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
    ['a value of another type', steps('{ id: x, prompt: p, maxIterations: many }'), ['wrong-type <many>']],
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
      ['unknown-reference <${inputs.y}>'],
    ],
    [
      'the output of a step that is not needed',
      steps('{ id: x, prompt: p }', '{ id: y, prompt: "${steps.x.output}" }'),
      ['not-needed-output <${steps.x.output}>'],
    ],
    [
      'steps that may take more than the run',
      `maxIterations: 5\n${steps('{ id: x, prompt: p, until: t }')}`,
      ['budget-over <5>'],
    ],
    [
      'a step that can never be tried again, though it is told to be',
      steps(
        '{ id: x, prompt: p, maxIterations: 1, retry: { attempts: 3 } }',
        '{ id: y, prompt: p, maxIterations: 2, retry: { attempts: 3 } }',
        '{ id: z, prompt: p, retry: { attempts: 3 } }',
      ),
      ['never-retried <3>'],
    ],
    [
      'references in what another program may run as its code',
      `inputs: { a: 1 }\n${steps(
        `{ id: x, prompt: p, until: "sh -c 'echo \${inputs.a}'" }`,
        `{ id: y, prompt: p, until: 'bash -lc "echo \${inputs.a}" && eval "\${iteration}"' }`,
        `{ id: z, prompt: p, until: "echo 'it' # '\\n grep '\${PATH}' x && sh -c 'a\\"$(b ''\${inputs.a}" }`,
      )}`,
      [
        'quoted-reference <${inputs.a}>',
        'quoted-reference <${inputs.a}>',
        'quoted-reference <${iteration}>',
        'quoted-reference <${inputs.a}>',
      ],
    ],
    [
      'no reference outside of such quotes',
      `inputs: { a: 1 }\n${steps(
        `{ id: x, prompt: p, until: "sh -c 'echo \\"$1\\"' sh \${inputs.a}" }`,
        `{ id: y, prompt: p, until: 'test "\${inputs.a}" = "it''s \${iteration}" || (echo "$(cat \${inputs.a})")' }`,
        `{ id: z, prompt: "'\${inputs.a}'", until: "echo \\\\' \${inputs.a} # don't \${iteration} can't or\\n echo \${inputs.a}" }`,
      )}`,
      [],
    ],
    [
      'a folder outside of the workspace',
      steps('{ id: x, prompt: p, cwd: a/../../b }', '{ id: y, prompt: p, cwd: /b }'),
      ['bad-value <a/../../b>', 'bad-value </b>'],
    ],
    ['aliases', 'agent: &a x\nname: *a\nsteps: [{ id: x, prompt: p }]', ['no-aliases <*a>']],
    ['a step without an agent', 'steps: [{ id: x, prompt: p }]', ['missing-key <x>']],
    [
      'a reference in until and in env',
      steps('{ id: x, prompt: p, until: "t ${inputs.a}", env: { A: "${steps.b.output}" } }'),
      ['unknown-reference <${inputs.a}>', 'unknown-reference <${steps.b.output}>'],
    ],
    [
      'a reference in the env of the whole file',
      `env: { A: "\${inputs.a} \${steps.x.output}" }\n${steps('{ id: x, prompt: p }')}`,
      ['unknown-reference <${inputs.a}>', 'not-needed-output <${steps.x.output}>'],
    ],
    [
      'what stands for nothing, but in a command, whose shell may know it',
      steps('{ id: x, prompt: "${PATH} ${iteration} $${x}", until: "test ${A}", env: { B: "${B}" } }'),
      ['unknown-reference <${PATH}>', 'unknown-reference <${B}>'],
    ],
    [
      'a reference to a step that comes later',
      steps('{ id: x, prompt: "${steps.y.output}" }', '{ id: y, prompt: p, needs: [x] }'),
      ['not-needed-output <${steps.y.output}>'],
    ],
    [
      'a step that can never begin',
      steps(
        '{ id: a, prompt: p, needs: [b] }',
        '{ id: b, prompt: p, needs: [a] }',
        '{ id: x, prompt: p, needs: [a] }',
        '{ id: y, prompt: p, needs: [x] }',
        '{ id: z, prompt: p }',
      ),
      ['cycle <b>', 'cycle <a>', 'unreachable-step <x>', 'unreachable-step <y>'],
    ],
    ['a key that is there twice', `agent: b\n${steps('{ id: x, prompt: p }')}`, ['duplicate-key <agent>']],
    [
      'a key that is no text',
      `? [a]\n: b\n~: c\n${steps('{ id: x, prompt: p, env: { ? { c: d } : e } }')}`,
      ['bad-key <[a]>', 'bad-key <~>', 'bad-key <{ c: d }>'],
    ],
    [
      'a key that is a number',
      `inputs: { 1: one }\n${steps('{ id: x, prompt: p, env: { 2: b } }')}`,
      ['bad-key <1>', 'bad-key <2>'],
    ],
    [
      'a name that objects have already',
      `inputs: { __proto__: x, constructor: y }\n${steps('{ id: __proto__, prompt: "${inputs.__proto__} ${inputs.toString}" }')}`,
      [
        'bad-key <__proto__>',
        'bad-value <__proto__>',
        'unknown-reference <${inputs.__proto__}>',
        'unknown-reference <${inputs.toString}>',
      ],
    ],
    ['a file without steps', '# It is called\nname: x', ['missing-key <name>']],
    ['a file of nothing', '# Nothing', ['missing-key <>']],
    ['a second document', `${steps('{ id: x, prompt: p }')}---\na: b\n`, ['yaml-syntax <--->']],
    ['a tag', steps('{ id: x, prompt: !js p }'), ['yaml-syntax <!js>']],
    ['what is nested too deep', `agent: a\nsteps:\n  - ${'['.repeat(1000)}`, ['too-deep <>']],
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
    assert.deepEqual(found(steps('{ id: x }')), ['missing-key <id>']);
    assert.deepEqual(found(steps('{ id: x, prompt: p, retry: { backoff: 5s } }')), ['missing-key <retry>']);
  });

  test('a key in the wrong column is told of once, and not what that makes of the rest', () => {
    assert.deepEqual(found('agent: a\nsteps:\n  - id: x\n   prompt: p\n'), ['yaml-syntax < >']);
  });

  test('a file that is too large is not read', () => {
    const many = Array.from({ length: 60_000 }, (_, at) => `  i${at}: x\n`).join('');
    assert.deepEqual(found(`inputs:\n${many}`), ['too-large <>']);
    assert.deepEqual(found('#'.repeat(MAX_LENGTH + 1)), ['too-large <>']);
  });

  test('with a mistake in its YAML is read as far as it can be, and the rest of what is wrong is told as well', () => {
    const text = `${steps('{ id: x, prompt: p, promt: q }')}  - id: y\n    prompt: q\n    gat\n  - id: z\n    prompt: r\n    needs: [y, w]\n`;
    assert.deepEqual(found(text), ['unknown-key <promt>', 'yaml-syntax <gat>', 'unknown-step <w>']);
    assert.deepEqual(
      parseWorkflow(text).outline.steps.map(({ id }) => id?.text),
      ['x', 'y', 'z'],
    );
  });

  test('is not said to have no step whose definition stands behind a mistake', () => {
    const text = steps(
      '{ id: x, prompt: p, needs: [y, z] }',
      '{ id: w, prompt: "open',
      '{ id: y, prompt: p }',
    );
    assert.deepEqual(found(text).slice(0, 2), ['unknown-step <z>', 'yaml-syntax <>']);
  });

  test('tells a hundred problems, and how many more there are', () => {
    const { problems } = parseWorkflow(`${'x: 1\n'.repeat(150)}${steps('{ id: x, prompt: p }')}`);
    assert.equal(problems.length, 101);
    assert.deepEqual(
      problems.slice(99).map(({ code, message }) => [code, message]),
      [
        ['duplicate-key', 'There is a key x already.'],
        ['too-many-problems', 'There are 50 more problems from here on.'],
      ],
    );
  });

  test('names what was probably meant', () => {
    const text = `agent: cladue\ninputs: { suite: x }\nsteps:\n${[
      '{ id: build, promt: p, prompt: "${inputs.siute} ${input.suite}", gate: manuel }',
      '{ id: test, prompt: "${steps.biuld.output}", needs: [buidl] }',
    ]
      .map((line) => `  - ${line}\n`)
      .join('')}`;
    const { problems } = parseWorkflow(text, { agents: ['claude', 'codex'] });
    assert.deepEqual(
      problems.map(({ data }) => data?.suggestion),
      ['claude', undefined, 'suite', '${inputs.suite}', 'manual', 'build', 'build'],
    );
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
