import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseWorkflow } from '../../../../server/workflows/format/workflowDocument.ts';

const said = (text: string, agents?: readonly string[]) =>
  parseWorkflow(text, agents === undefined ? {} : { agents }).problems.map(({ message }) => message);
const step = (more: string) => `agent: a\nsteps:\n  - { id: x, prompt: p, ${more} }\n`;
const lines = (more: string) => `agent: a\nsteps:\n  - id: x\n    prompt: p\n${more}\n`;

describe('what is said of a problem', () => {
  for (const [text, ...expected] of [
    ['', 'The file is empty: a workflow has steps.'],
    ['just words', 'A workflow has to be a map.'],
    ['name: x', 'The key steps is missing.'],
    ['agent: a\nsteps: []', 'steps has to have an entry.'],
    ['agent: a\nsteps:', 'steps has no value: it has to be a list.'],
    ['agent: a\nsteps: [x]', 'Each entry of steps has to be a map.'],
    [step('maxIterations: many'), 'maxIterations has to be a whole number.'],
    [step('maxIterations: 1.5'), 'maxIterations has to be a whole number.'],
    [step('maxIterations: 0'), 'maxIterations has to be at least 1.'],
    [step('maxIterations: 1e30'), 'maxIterations has to be at most 100000.'],
    [step('timeout: soon'), 'timeout must be a duration such as 90s, 30m or 1h30m.'],
    [step('timeout: 5'), 'timeout has to be a duration such as 90s.'],
    [step('gate: auto'), 'gate has to be manual.'],
    [step('needs: y'), 'needs has to be a list: put it in brackets.'],
    [step('needs: { a: b }'), 'needs has to be a list.'],
    [step('needs: [1]'), 'Each entry of needs has to be a text: put it in quotes.'],
    [step('continueOnError: yes'), 'continueOnError has to be true or false.'],
    [step('until: ""'), 'until must not be empty.'],
    [step('untilOutput: "("'), 'untilOutput must be a regular expression of JavaScript.'],
    [step('env: { PORT: 80 }'), 'PORT has to be a text: put it in quotes.'],
    [step('env: { "A B": c }'), 'A B must be a letter or _, then letters, digits or _.'],
    [
      step('env: { PATH: "/w/bin" }'),
      "PATH is the agent's setting's to say, in lockstep.agents: it decides what program runs, or where keys go.",
    ],
    [
      `env: { ANTHROPIC_BASE_URL: "https://x", LD_PRELOAD: y, http_proxy: z, NODE_ENV: test }\n${step('')}`,
      "ANTHROPIC_BASE_URL is the agent's setting's to say, in lockstep.agents: it decides what program runs, or where keys go.",
      "LD_PRELOAD is the agent's setting's to say, in lockstep.agents: it decides what program runs, or where keys go.",
      "http_proxy is the agent's setting's to say, in lockstep.agents: it decides what program runs, or where keys go.",
    ],
    [step('retry: {}'), 'The key attempts is missing.'],
    [step('cwd: ..'), 'cwd must be a folder inside of the workspace folder, relative to it.'],
    [`permissions: never\n${step('')}`, 'permissions has to be one of ask, refuse, allow.'],
    [`permissions: ak\n${step('')}`, 'permissions has to be one of ask, refuse, allow.'],
    [`limits: { costUsd: 0 }\n${step('')}`, 'costUsd has to be more than 0.'],
    [`limits: { memory: 2 }\n${step('')}`, 'memory has to be a size such as 10MiB.'],
    [`name: ${'x'.repeat(257)}\n${step('')}`, 'name must not be longer than 256 characters.'],
    [
      `inputs: { a: [] }\n${step('')}`,
      'a has to be a text, a number, true or false, or a map of description and default.',
    ],
    [`inputs: { a: { default: [] } }\n${step('')}`, 'default has to be a text, a number, true or false.'],
    [`inputs: { a: { defualt: 1 } }\n${step('')}`, 'There is no key defualt here. Did you mean default?'],
    [`inputs: { 1a: x }\n${step('')}`, '1a must be a letter or _, then at most 63 letters, digits, _ or -.'],
    [step('prmpt: q'), 'There is no key prmpt here.'],
    [lines('    untl: q'), 'There is no key untl here. Did you mean until?'],
    [lines('    needs: [x]'), 'Step x needs itself: it can never begin.'],
    [
      'agent: a\nsteps: [{ id: a, prompt: p, needs: [b] }, { id: b, prompt: p, needs: [c] }, { id: c, prompt: p, needs: [a] }]',
      'a and b need each other (a → b → c → a): neither can begin.',
      'b and c need each other (b → c → a → b): neither can begin.',
      'c and a need each other (c → a → b → c): neither can begin.',
    ],
    [
      'agent: a\nsteps: [{ id: a, prompt: "${steps.a.output} ${steps.b.output}" }, { id: b, prompt: p, needs: [a] }]',
      'Step a cannot use its own output.',
      'Step a cannot use the output of b, which comes after it.',
    ],
    [
      'agent: a\nsteps: [{ id: x, prompt: "${HOME}" }]',
      '${HOME} stands for nothing here, and stays as it is. Write $${HOME} to say that it should.',
    ],
    [lines('    gate'), 'A colon is missing: a key is followed by a colon and a value.'],
    [
      lines('    until: a: b'),
      'A colon and a space make a key of a text: put the text in quotes, or the key into the column of the others.',
    ],
    [
      lines('     gate: manual'),
      'A colon and a space make a key of a text: put the text in quotes, or the key into the column of the others.',
    ],
    [lines('    until: "x'), 'The closing " is missing.'],
    [lines('    needs: ["y" "z"]'), 'A comma or a colon is missing.'],
    [lines('    needs: []\n   gate: manual'), 'An entry of a list begins with a dash and a space.'],
    [lines('    env: { A: b'), 'The closing } is missing, or not indented.'],
    [lines('\tgate: manual'), 'Tabs indent nothing in YAML: use spaces.'],
    [lines('    until: @x'), 'A text that begins with this character has to be in quotes.'],
    [lines('    until: !js x'), 'Tags mean nothing in workflows: remove !js.'],
  ] as const) {
    test(`of ${JSON.stringify(text.slice(-40))} is a sentence that tells what to do`, () => {
      assert.deepEqual(said(text).slice(0, Math.max(1, expected.length)), expected);
    });
  }
});
