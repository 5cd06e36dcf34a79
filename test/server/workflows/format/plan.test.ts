import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planOf } from '../../../../server/workflows/format/plan.ts';
import { durationMs, sizeBytes } from '../../../../server/workflows/format/quantities.ts';
import { filledIn } from '../../../../server/workflows/format/references.ts';
import { parseWorkflow } from '../../../../server/workflows/format/workflowDocument.ts';

function plan(text: string, inputs: Record<string, string> = {}) {
  const { file, problems } = parseWorkflow(text);
  assert.deepEqual(problems, []);
  assert.ok(file);
  return planOf({ file, text, path: '/w/fix.lockstep.yaml', name: 'fix' }, inputs);
}

describe('the plan of a run', () => {
  test('has every default filled in, and the iterations of its steps together', () => {
    const { name, maxIterations, steps } = plan(
      'agent: a\nsteps: [{ id: x, prompt: p }, { id: y, prompt: q, until: t, retry: { attempts: 1 } }]',
    );
    assert.deepEqual([name, maxIterations], ['fix', 11]);
    assert.deepEqual(steps[1], {
      id: 'y',
      needs: [],
      agent: 'a',
      prompt: 'q',
      until: 't',
      maxIterations: 10,
      retry: { attempts: 1, backoffMs: 5000 },
      env: {},
      timeoutMs: 1_800_000,
      continueOnError: false,
    });
  });

  test('lets a step without a condition be tried again as often as it says', () => {
    const { steps } = plan('agent: a\nsteps: [{ id: x, prompt: p, retry: { attempts: 2 } }]');
    assert.equal(steps[0]?.maxIterations, 3);
  });

  test('has the inputs that were given, and the defaults of the others', () => {
    const text =
      'agent: a\ninputs: { n: 3, who: { description: d } }\nsteps: [{ id: x, prompt: "${inputs.n}" }]';
    const { inputs, steps } = plan(text, { who: 'me' });
    assert.deepEqual(inputs, { n: '3', who: 'me' });
    assert.equal(steps[0]?.prompt, '${inputs.n}');
    assert.throws(() => plan(text), { code: 'INVALID_PARAMS', message: /needs a value for its input who/ });
    assert.throws(() => plan(text, { who: 'me', when: 'now' }), {
      code: 'INVALID_PARAMS',
      message: /no input when/,
    });
  });

  test('references are filled in once: what stands for one is never taken for another', () => {
    const values = { a: '${inputs.b}', b: '2' } as const;
    const filled = filledIn('$${inputs.a} ${inputs.a} ${inputs.b} ${steps.x.output} ${other}', (one) =>
      one.kind === 'input' ? values[one.name === 'a' ? 'a' : 'b'] : undefined,
    );
    assert.equal(filled, '${inputs.a} ${inputs.b} 2 ${steps.x.output} ${other}');
  });

  test('has its limits in bytes and milliseconds', () => {
    const { limits } = plan(
      'agent: a\nlimits: { wallClock: 1h30m, output: 2MiB, tokens: 5 }\nsteps: [{ id: x, prompt: p }]',
    );
    assert.deepEqual(limits, { wallClockMs: 5_400_000, outputBytes: 2_097_152, tokens: 5 });
  });

  test('durations and sizes are what they say, and nothing else is one', () => {
    assert.deepEqual(['500ms', '90s', '1h30m', '0s', '5', '1d', ''].map(durationMs), [
      500,
      90_000,
      5_400_000,
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    assert.deepEqual(['10MB', '1KiB', '5B', '1TB', '-1MB'].map(sizeBytes), [
      1e7,
      1024,
      5,
      undefined,
      undefined,
    ]);
  });
});
