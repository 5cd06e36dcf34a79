import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { quickFixes } from '../../../../server/workflows/language/quickFixes.ts';
import { edited, marked, URI } from './marked.ts';

/** Each fix at the cursor as its title, and the first one carried out. */
function fixed(written: string, agents?: readonly string[]): { titles: string[]; after: string | undefined } {
  const { text, parsed, offset } = marked(written, agents);
  const actions = quickFixes(parsed, text, [offset, offset], agents);
  const edits = actions[0]?.edit?.changes?.[URI];
  return { titles: actions.map(({ title }) => title), after: edits && edited(text, edits) };
}

describe('a quick fix', () => {
  for (const [name, before, after, title] of [
    ['a key of a file', 'agent: a\nstpes‸: []\n', 'agent: a\nsteps: []\n', 'Change to steps'],
    [
      'a key of a step',
      'agent: a\nsteps: [{ id: x, prompt: p, maxiterations‸: 3 }]',
      'agent: a\nsteps: [{ id: x, prompt: p, maxIterations: 3 }]',
      'Change to maxIterations',
    ],
    [
      'a key of the limits',
      'agent: a\nlimits: { wallclok‸: 3m }\nsteps: [{ id: x, prompt: p }]',
      'agent: a\nlimits: { wallClock: 3m }\nsteps: [{ id: x, prompt: p }]',
      'Change to wallClock',
    ],
    [
      'a step',
      'agent: a\nsteps: [{ id: build, prompt: p }, { id: x, prompt: p, needs: [biuld‸] }]',
      'agent: a\nsteps: [{ id: build, prompt: p }, { id: x, prompt: p, needs: [build] }]',
      'Change to build',
    ],
    [
      'a step in a prompt',
      'agent: a\nsteps: [{ id: build, prompt: p }, { id: x, needs: [build], prompt: "‸${steps.bild.output}" }]',
      'agent: a\nsteps: [{ id: build, prompt: p }, { id: x, needs: [build], prompt: "${steps.build.output}" }]',
      'Change to build',
    ],
    [
      'an input in a prompt',
      'agent: a\ninputs: { suite: x }\nsteps: [{ id: x, prompt: "${inputs.suit‸}" }]',
      'agent: a\ninputs: { suite: x }\nsteps: [{ id: x, prompt: "${inputs.suite}" }]',
      'Change to suite',
    ],
    [
      'a missing id',
      'agent: a\nsteps:\n  - id: step2\n    prompt: p\n  - pro‸mpt: q\n    gate: manual\n',
      'agent: a\nsteps:\n  - id: step2\n    prompt: p\n  - id: step3\n    prompt: q\n    gate: manual\n',
      'Add id: step3',
    ],
    [
      'a missing id of nothing at all',
      'agent: a\nsteps: [{ ‸ }]',
      'agent: a\nsteps: [{ id: step1  }]',
      'Add id: step1',
    ],
    [
      'a key in quotes',
      '{"agent":"a","stpes‸":[{"id":"x","prompt":"p"}]}',
      '{"agent":"a","steps":[{"id":"x","prompt":"p"}]}',
      'Change to steps',
    ],
    [
      'a step in quotes',
      'agent: a\nsteps: [{ id: build, prompt: p }, { id: x, prompt: p, needs: ["biuld‸"] }]',
      'agent: a\nsteps: [{ id: build, prompt: p }, { id: x, prompt: p, needs: ["build"] }]',
      'Change to build',
    ],
    [
      'a policy',
      'agent: a\npermissions: alow‸\nsteps: [{ id: x, prompt: p }]',
      'agent: a\npermissions: allow\nsteps: [{ id: x, prompt: p }]',
      'Change to allow',
    ],
    [
      'a reference that is none',
      'agent: a\ninputs: { suite: u }\nsteps: [{ id: x, prompt: "${input.suite}‸" }]',
      'agent: a\ninputs: { suite: u }\nsteps: [{ id: x, prompt: "${inputs.suite}" }]',
      'Change to ${inputs.suite}',
    ],
    [
      'a number that has to be a text',
      'agent: a\nsteps: [{ id: x, prompt: p, env: { PORT: 80‸ } }]',
      'agent: a\nsteps: [{ id: x, prompt: p, env: { PORT: "80" } }]',
      'Put it in quotes',
    ],
    [
      'a step that is no list',
      'agent: a\nsteps: [{ id: x, prompt: p }, { id: y, prompt: p, needs: x‸ }]',
      'agent: a\nsteps: [{ id: x, prompt: p }, { id: y, prompt: p, needs: [x] }]',
      'Put it in brackets',
    ],
    [
      'a missing need',
      'agent: a\nsteps:\n  - { id: a, prompt: p }\n  - id: b # of it\n    prompt: ${steps.a.out‸put}\n',
      'agent: a\nsteps:\n  - { id: a, prompt: p }\n  - id: b # of it\n    needs: [a]\n    prompt: ${steps.a.output}\n',
      'Add a to needs',
    ],
    [
      'a missing need of a step that begins with its prompt',
      'agent: a\nsteps:\n  - { id: a, prompt: p }\n  - prompt: ${steps.a.out‸put}\n    id: b\n',
      'agent: a\nsteps:\n  - { id: a, prompt: p }\n  - needs: [a]\n    prompt: ${steps.a.output}\n    id: b\n',
      'Add a to needs',
    ],
    [
      'a missing need beside others',
      'agent: a\nsteps: [{ id: a, prompt: p }, { id: c, prompt: p }, { id: b, needs: [c], env: { A: "${steps.a‸.output}" }, prompt: p }]',
      'agent: a\nsteps: [{ id: a, prompt: p }, { id: c, prompt: p }, { id: b, needs: [c, a], env: { A: "${steps.a.output}" }, prompt: p }]',
      'Add a to needs',
    ],
    [
      'a missing need in an empty list',
      'agent: a\nsteps: [{ id: a, prompt: p }, { id: b, needs: [], prompt: "${steps.a‸.output}" }]',
      'agent: a\nsteps: [{ id: a, prompt: p }, { id: b, needs: [a], prompt: "${steps.a.output}" }]',
      'Add a to needs',
    ],
    [
      'a missing need between braces',
      'agent: a\nsteps: [{ id: a, prompt: p }, { id: b, prompt: "${steps.a‸.output}" }]',
      'agent: a\nsteps: [{ id: a, prompt: p }, { id: b, needs: [a], prompt: "${steps.a.output}" }]',
      'Add a to needs',
    ],
    [
      'a missing need in a list with dashes',
      'agent: a\nsteps:\n  - { id: a, prompt: p }\n  - { id: c, prompt: p }\n  - id: b\n    needs:\n      - c # it\n    prompt: ${steps.a.out‸put}\n',
      'agent: a\nsteps:\n  - { id: a, prompt: p }\n  - { id: c, prompt: p }\n  - id: b\n    needs:\n      - c\n      - a # it\n    prompt: ${steps.a.output}\n',
      'Add a to needs',
    ],
    [
      'a missing id between braces',
      'agent: a\nsteps: [{ pro‸mpt: q }]',
      'agent: a\nsteps: [{ id: step1, prompt: q }]',
      'Add id: step1',
    ],
  ] as const) {
    it(`puts ${name} right`, () => {
      assert.deepEqual(fixed(before), { titles: [title], after });
    });
  }

  it('puts an agent right where it is known which there are', () => {
    const before = 'agent: cldaue‸\nsteps: [{ id: x, prompt: p }]';
    assert.deepEqual(fixed(before), { titles: [], after: undefined });
    assert.deepEqual(fixed(before, ['codex', 'claude']), {
      titles: ['Change to claude'],
      after: 'agent: claude\nsteps: [{ id: x, prompt: p }]',
    });
  });

  it('gives a file the agent that it lacks, where it is known which there are', () => {
    assert.deepEqual(fixed('name: x\nsteps: [{ id: x‸, prompt: p }]', ['codex', 'claude']), {
      titles: ['Add agent: codex', 'Add agent: claude'],
      after: 'agent: codex\nname: x\nsteps: [{ id: x, prompt: p }]',
    });
  });

  it('is not offered for what resembles nothing, nor away from the problem', () => {
    assert.deepEqual(fixed('agent: a\nqwertz‸: 1\nsteps: []').titles, []);
    assert.deepEqual(fixed('agent: ‸a\nstpes: []').titles, []);
  });

  it('does not give a key twice', () => {
    assert.deepEqual(fixed('agent: a\nsteps:\n  - id: x\n    pro‸mtp: p\n    prompt: q').titles, []);
  });
});
