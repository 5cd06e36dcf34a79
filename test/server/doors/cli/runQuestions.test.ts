import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newTerminal } from './atTerminal.ts';
import { DONE, RUN_ID, ScriptedRuns, someStep } from './scriptedRuns.ts';

const FILE = 'fix-tests.lockstep.yaml';

describe("an agent's question in a terminal", () => {
  const question = {
    id: 'q1',
    step: 'implement',
    title: 'Run `rm -rf build`?',
    options: [
      { id: 'yes', name: 'Allow', kind: 'allow_once' },
      { id: 'no', name: 'Reject', kind: 'reject_once' },
    ],
  } as const;
  const asked = { questions: [{ ...question, options: [...question.options] }] };
  const asking = (runs: ScriptedRuns) =>
    runs.set({ ...asked, steps: [someStep({ status: 'running', isAsking: true })] });

  it('is taken on, asked with its options, and answered by a number', async (t) => {
    const runs = new ScriptedRuns();
    const { keyboard, terminal, until, seen, rest } = newTerminal(t);
    const ended = runs.cli().run(['run', FILE], { keyboard, terminal });
    await until(/Ctrl\+C pauses/);
    asking(runs);
    await until(/from 1 to 2: $/);
    assert.equal(
      seen.text,
      'Step implement asks: Run `rm -rf build`?\n  1  Allow\n  2  Reject\nAnswer with a number from 1 to 2:',
    );
    for (const wrong of ['', '0', '3', 'yes', '1x']) {
      keyboard.write(`${wrong}\n`);
      await until(/from 1 to 2: $/);
    }
    keyboard.write(' 1 \n');
    await runs.called('runs.answer');
    assert.deepEqual(runs.calls.slice(1), [
      ['runs.notify', { id: RUN_ID, of: 'question:q1' }],
      ['runs.answer', { id: RUN_ID, question: 'q1', option: 'yes' }],
    ]);
    runs.set({ questions: [], steps: [someStep({ status: 'running' })] });
    await until(/running/);
    runs.set(DONE);
    assert.equal((await ended).code, 0);
    assert.match(rest(), /Completed/);
  });

  it('is not asked where another client tells it', async (t) => {
    const runs = new ScriptedRuns();
    runs.isMine = false;
    const { keyboard, terminal, until, seen } = newTerminal(t);
    const ended = runs.cli().run(['run', FILE], { keyboard, terminal });
    await until(/Ctrl\+C pauses/);
    asking(runs);
    await until(/asked in another window/);
    await until(/asks: Run/);
    assert.match(
      seen.text,
      /^Step implement asks: Run `rm -rf build`\? \(asked in another window\)\nfix-tests/,
    );
    runs.set({ iterations: 5 });
    await until(/5\/11/);
    runs.set({ ...DONE, questions: [] });
    await ended;
    assert.deepEqual(
      runs.calls.map(([method]) => method),
      ['runs.start', 'runs.notify'],
      'and taken on once',
    );
  });

  it('is taken back where it is answered elsewhere', async (t) => {
    const runs = new ScriptedRuns();
    const { keyboard, terminal, until } = newTerminal(t);
    const ended = runs.cli().run(['run', FILE], { keyboard, terminal });
    await until(/Ctrl\+C pauses/);
    asking(runs);
    await until(/from 1 to 2: $/);
    runs.set({ questions: [] });
    await until(/It is not asked any more\.[^]*Ctrl\+C pauses/);
    runs.set(DONE);
    assert.equal((await ended).code, 0);
    assert.ok(!runs.calls.some(([method]) => method === 'runs.answer'));
  });

  it('is refused by whoever closes the terminal at it', async (t) => {
    const runs = new ScriptedRuns();
    const { keyboard, terminal, until } = newTerminal(t);
    const ended = runs.cli().run(['run', FILE], { keyboard, terminal });
    await until(/Ctrl\+C pauses/);
    asking(runs);
    await until(/from 1 to 2: $/);
    keyboard.end();
    await runs.called('runs.answer');
    assert.deepEqual(runs.calls.at(-1), ['runs.answer', { id: RUN_ID, question: 'q1' }]);
    runs.set({ ...DONE, questions: [] });
    await ended;
  });

  it('is left to others where nobody is at a terminal', async () => {
    const runs = new ScriptedRuns();
    const ended = runs.cli().run(['run', FILE]);
    await runs.called('runs.start');
    asking(runs);
    runs.set({ ...DONE, questions: [] });
    await ended;
    assert.deepEqual(
      runs.calls.map(([method]) => method),
      ['runs.start'],
    );
  });
});
