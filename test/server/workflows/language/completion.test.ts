import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TextEdit, type CompletionItem } from 'vscode-languageserver-types';
import { completions } from '../../../../server/workflows/language/completion.ts';
import { edited, marked } from './marked.ts';

const PLAIN = { agents: undefined, snippets: false };

function complete(written: string, options: Partial<Parameters<typeof completions>[2]> = {}) {
  const { text, offset } = marked(written);
  const items = completions(text, offset, { ...PLAIN, ...options });
  const pick = (label: string) => {
    const item = items.find((one) => one.label === label);
    assert.ok(item && TextEdit.is(item.textEdit), `no ${label} among ${labels(items)}`);
    return edited(text, [item.textEdit]);
  };
  return { items, labels: labels(items), pick };
}

const labels = (items: readonly CompletionItem[]) => items.map(({ label }) => label).join(' ');

const STEP_KEYS =
  'id description prompt needs agent until untilOutput maxIterations gate retry env cwd timeout continueOnError';
const FILE_KEYS = 'name description agent inputs maxIterations limits permissions env cwd steps';
const without = (keys: string, ...gone: readonly string[]) =>
  keys
    .split(' ')
    .filter((key) => !gone.includes(key))
    .join(' ');

describe('completion', () => {
  for (const [name, written, expected] of [
    ['the keys of a file in an empty one', '‸', FILE_KEYS],
    ['those that are not there yet', 'name: x\n‸\nsteps: []', without(FILE_KEYS, 'name', 'steps')],
    ['keys of a step on a line of its own', 'steps:\n  - id: x\n    ‸', without(STEP_KEYS, 'id')],
    [
      'keys of a step between two others',
      'steps:\n  - id: x\n    pr‸\n    until: y\n',
      without(STEP_KEYS, 'id', 'until'),
    ],
    ['keys behind the dash', 'steps:\n  - ‸', STEP_KEYS],
    ['keys of a first step, with its dash', 'steps:\n  ‸', STEP_KEYS],
    ['keys of a next step, with its dash', 'steps:\n  - id: x\n    prompt: y\n  ‸', STEP_KEYS],
    ['keys between braces that are not closed', 'steps:\n  - { id: x, ‸', without(STEP_KEYS, 'id')],
    ['keys of limits', 'limits:\n  tokens: 5\n  ‸', 'wallClock costUsd output memory cpus pids disk'],
    ['keys of retry', 'steps:\n  - id: x\n    retry:\n      ‸\n    prompt: y', 'attempts backoff'],
    ['keys of an input', 'inputs:\n  suite:\n    ‸', 'description default'],
    ['no names of inputs', 'inputs:\n  ‸', ''],
    ['the gate', 'steps:\n  - id: x\n    gate: ‸', 'manual'],
    ['permissions', 'permissions: r‸\nsteps: []', 'ask refuse allow'],
    ['permissions in quotes', 'permissions: "‸"', 'ask refuse allow'],
    ['presets of iterations', 'maxIterations: ‸', 'quick 15 complex 75 long 150'],
    ['yes and no', 'steps:\n  - id: x\n    continueOnError: ‸', 'true false'],
    [
      'steps that can be needed',
      'steps:\n  - id: a\n  - id: b\n    needs: [‸]\n  - id: c\n    needs: [b]\n  - id: d\n',
      'a d',
    ],
    ['steps that are not needed yet', 'steps:\n  - id: a\n  - id: d\n  - id: b\n    needs: [a, ‸', 'd'],
    ['steps in a list with dashes', 'steps:\n  - id: a\n  - id: b\n    needs:\n      - ‸', 'a'],
    [
      'inputs and steps in a prompt',
      'inputs: { x: 1 }\nsteps:\n  - id: a\n    prompt: y\n  - id: b\n    needs: [a]\n    prompt: |\n      Do\n      ${‸\n',
      'inputs.x steps.a.output iteration',
    ],
    [
      'steps behind ${steps.',
      'steps:\n  - id: a\n  - id: b\n    prompt: Do ${steps.‸ now\n',
      'steps.a.output iteration',
    ],
    [
      'inputs and steps in a command',
      'inputs: { x: 1 }\nsteps:\n  - id: a\n  - id: b\n    until: test ${‸',
      'inputs.x steps.a.output iteration',
    ],
    [
      'inputs and steps in the env of a step',
      'inputs: { x: 1 }\nsteps:\n  - id: a\n  - id: b\n    env:\n      A: ${‸',
      'inputs.x steps.a.output iteration',
    ],
    [
      'inputs alone in the env of the file',
      'env:\n  A: ${‸}\ninputs: { x: 1 }\nsteps: [{ id: a }]',
      'inputs.x iteration',
    ],
    ['durations', 'steps:\n  - id: x\n    timeout: ‸', '30m 90s 10m 1h 1h30m'],
    ['sizes', 'limits:\n  memory: ‸\nsteps: []', '10MiB 512MiB 1GiB 2GiB'],
    ['no key in a column between those of others', 'steps:\n  - id: x\n    prompt: y\n   ‸\n', ''],
    [
      'keys of a step that stands before others',
      'steps:\n  - id: x\n    ‸\n  - id: y\n',
      without(STEP_KEYS, 'id'),
    ],
    ['keys in a file of Windows', 'steps:\r\n  - id: x\r\n    ‸\r\n', without(STEP_KEYS, 'id')],
    ['nothing in a prompt', 'steps:\n  - id: a\n    prompt: |\n      Do ‸\n', ''],
    ['nothing behind a $${', 'inputs: { x: 1 }\nsteps:\n  - id: a\n    prompt: $${‸', ''],
    ['no references where nothing is filled in', 'inputs: { x: 1 }\nname: ${‸', ''],
    ['nothing in a comment', '# ‸', ''],
    ['nothing in the name of a step', 'steps:\n  - id: ‸', ''],
    [
      'agents that the file names, where it is not known which there are',
      'agent: codex\nsteps:\n  - agent: ‸',
      'codex',
    ],
  ] as const) {
    it(`offers ${name}`, () => assert.equal(complete(written).labels, expected));
  }

  it('offers the agents that are known, in quotes where YAML needs them', () => {
    const { labels, pick } = complete('agent: ‸', { agents: ['codex', 'my agent: 1'] });
    assert.equal(labels, 'codex my agent: 1');
    assert.equal(pick('my agent: 1'), 'agent: "my agent: 1"');
  });

  for (const [name, written, label, expected] of [
    ['a key with its colon', 'na‸', 'name', 'name: '],
    ['a key whose colon is there', 'na‸: x', 'name', 'name: x'],
    ['a key in place of the whole word', 'st‸ufff:', 'steps', 'steps:'],
    ['an object on a line of its own', 'lim‸', 'limits', 'limits:\n  '],
    ['an object under its own key', 'steps:\n  - ret‸', 'retry', 'steps:\n  - retry:\n      '],
    ['an object between braces', 'steps: [{ ‸ }]', 'retry', 'steps: [{ retry:  }]'],
    ['the steps with a dash', '‸', 'steps', 'steps:\n  - '],
    ['the number of a preset', 'maxIterations: qu‸', 'quick 15', 'maxIterations: 15'],
    ['a first step with its dash', 'steps:\n  ‸', 'prompt', 'steps:\n  - prompt: '],
    [
      'a need between brackets',
      'steps:\n  - id: a\n  - id: b\n    needs: ‸',
      'a',
      'steps:\n  - id: a\n  - id: b\n    needs: [a]',
    ],
    [
      'a reference with its end',
      'steps:\n  - id: a\n  - id: b\n    prompt: ${st‸ x',
      'steps.a.output',
      'steps:\n  - id: a\n  - id: b\n    prompt: ${steps.a.output} x',
    ],
    [
      'a reference whose end is there',
      'inputs: { x: 1 }\nsteps:\n  - id: b\n    prompt: ${‸}',
      'inputs.x',
      'inputs: { x: 1 }\nsteps:\n  - id: b\n    prompt: ${inputs.x}',
    ],
  ] as const) {
    it(`puts in ${name}`, () => assert.equal(complete(written).pick(label), expected));
  }

  it('says what a key is for, in the words of the format, and which ones a step has to have', () => {
    const { items } = complete('steps:\n  - ‸');
    const found = items.map(({ label, detail, documentation }) => ({ label, detail, documentation }));
    assert.deepEqual(found[0], {
      label: 'id',
      detail: 'required',
      documentation: { kind: 'markdown', value: 'The name of the step, by which others need it.' },
    });
    const timeout = found.find(({ label }) => label === 'timeout');
    assert.deepEqual(timeout?.documentation, {
      kind: 'markdown',
      value:
        'Wall clock of one iteration. It stands while a person is asked for its agent.\n\nDefault: ` 30m `',
    });
  });

  it('offers whole steps to a client that knows snippets, in line with the dash', () => {
    const { items, pick } = complete('steps:\n  - ‸', { snippets: true });
    assert.deepEqual(
      items.filter(({ kind }) => kind === 15).map(({ label }) => label),
      ['step', 'step-in-loop', 'step-behind-gate'],
    );
    assert.equal(pick('step'), 'steps:\n  - id: ${1:name}\n    prompt: ${2:What to do.}');
    const [started] = [complete('steps:\n  - id: x\n    ‸', { snippets: true })];
    assert.ok(!started.labels.includes('loop'));
  });

  it('offers needs first whose step is needed', () => {
    const { labels } = complete('steps:\n  - id: a\n  - id: b\n  - id: c\n    needs: [b]\n    prompt: ${‸');
    assert.equal(labels, 'steps.b.output steps.a.output iteration');
  });
});
