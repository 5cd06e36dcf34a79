import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseWorkflow } from '../../../../server/workflows/format/workflowDocument.ts';
import { countedWork } from '../../../support/countedWork.ts';

const MODULES = /\/server\/workflows\/|\/node_modules\/(?:yaml|zod)\//;
const many = (count: number, line: (index: number) => string) =>
  Array.from({ length: count }, (_, at) => line(at)).join('');
const STEP = 'steps: [{ id: x, prompt: p }]\n';

/** Texts of a size each, of which one kind of thing is many. */
const TEXTS: Readonly<Record<string, (count: number) => string>> = {
  inputs: (count) => `agent: a\n${STEP}inputs:\n${many(count, (at) => `  i${at}: x\n`)}`,
  'unknown keys': (count) => `${STEP}${many(count, (at) => `k${at}: x\n`)}`,
  'keys that are there twice': (count) => `${STEP}${many(count, () => 'name: x\n')}`,
  steps: (count) => `agent: a\nsteps:\n${many(count, (at) => `  - { id: s${at}, prompt: p }\n`)}`,
  'needs of no step': (count) =>
    `agent: a\nsteps: [{ id: x, prompt: p, needs: [${many(count, (at) => `n${at}, `)}] }]`,
  references: (count) =>
    `agent: a\nsteps: [{ id: x, prompt: "${many(count, (at) => `\${inputs.i${at}} `)}" }]`,
  'mistakes in YAML': (count) => `agent: a\n${STEP}${many(count, (at) => `word${at}\n`)}`,
  comments: (count) => `agent: a\n${many(count, () => '# of it\n')}${STEP}`,
  documents: (count) => many(count, () => `${STEP}---\n`),
  'lines of a prompt': (count) =>
    `agent: a\nsteps:\n  - id: x\n    prompt: |\n${many(count, () => '      word\n')}`,
};

describe('to read a file that someone types in', () => {
  for (const [name, textOf] of Object.entries(TEXTS)) {
    test(`takes twice as much work where there are twice as many ${name}`, async () => {
      const work = async (count: number) => {
        const text = textOf(count);
        return countedWork(MODULES, () => void parseWorkflow(text));
      };
      await work(500); // what is done once, at first, is no part of it
      const [one, twice] = [await work(1000), await work(2000)];
      assert.ok(one > 500, `${one} is no work: the counting is broken`);
      assert.ok(twice < one * 2.1, `${one} and then ${twice}`);
    });
  }
});
