import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import * as z from 'zod';
import { agentsSetting, readAgentSettings } from '../../../../server/workflows/agents/agentSettings.ts';
import { PRESET_AGENTS, PRESETS } from '../../../../server/workflows/agents/presets.ts';

/** The only problem with one agent, after its name. */
function problem(entry: unknown, name = 'mine'): string {
  const { agents, problems } = readAgentSettings({ [name]: entry });
  assert.equal(agents.has(name), false);
  assert.equal(problems.length, 1);
  const [text = ''] = problems;
  const before = `lockstep.agents: the agent ${JSON.stringify(name)}: `;
  assert.ok(text.startsWith(before), text);
  return text.slice(before.length);
}

describe('the setting lockstep.agents', () => {
  it('knows the presets by their names where it is not set', () => {
    const { agents, problems } = readAgentSettings(undefined);
    assert.deepEqual(problems, []);
    assert.deepEqual([...agents.keys()], [...PRESETS]);
    assert.deepEqual(agents.get('codex'), {
      protocol: 'command',
      command: ['codex', 'exec', '--json'],
      prompt: 'stdin',
      output: 'codex',
      env: {},
      passEnv: PRESET_AGENTS.codex.passEnv,
      experimental: false,
    });
  });

  it('reads agents of both protocols', () => {
    const { agents, problems } = readAgentSettings({
      script: {
        protocol: 'command',
        command: ['/opt/agent', '--say', '{prompt}'],
        prompt: 'argument',
        output: 'jsonl',
      },
      plain: { protocol: 'command', command: ['agent'] },
      editor: { protocol: 'acp', command: ['opencode', 'acp'], env: { A: '1' }, passEnv: ['KEY'] },
    });
    assert.deepEqual(problems, []);
    assert.deepEqual(agents.get('script'), {
      protocol: 'command',
      command: ['/opt/agent', '--say', '{prompt}'],
      prompt: 'argument',
      output: 'jsonl',
      env: {},
      passEnv: [],
    });
    assert.deepEqual(agents.get('plain'), {
      protocol: 'command',
      command: ['agent'],
      prompt: 'stdin',
      output: 'text',
      env: {},
      passEnv: [],
    });
    assert.deepEqual(agents.get('editor'), {
      protocol: 'acp',
      command: ['opencode', 'acp'],
      env: { A: '1' },
      passEnv: ['KEY'],
    });
  });

  it('adds arguments and variables to a preset', () => {
    const { agents } = readAgentSettings({
      fast: { preset: 'pi', args: ['--model', 'small'], passEnv: ['MY_KEY'] },
    });
    const fast = agents.get('fast');
    assert.deepEqual(fast?.command, ['pi', '--mode', 'json', '--model', 'small']);
    assert.deepEqual(fast?.passEnv, [...PRESET_AGENTS.pi.passEnv, 'MY_KEY']);
  });

  it('says what is wrong with an agent, and where', () => {
    assert.equal(problem('pi'), 'must be an object.');
    assert.match(problem({}), /must have a "preset", or a "protocol"/);
    assert.match(problem({ protocol: 'http', command: ['x'] }), /"command" or "acp"/);
    assert.match(problem({ preset: 'emacs' }), /^preset must be one of claude, codex/);
    assert.match(
      problem({ protocol: 'acp', command: 'npx agent' }),
      /^command must be a list.*no shell reads them/,
    );
    assert.match(problem({ protocol: 'acp', command: [] }), /^command.0 must name a program/);
    assert.match(problem({ protocol: 'acp', command: ['a\0b'] }), /NUL/);
    assert.equal(
      problem({ protocol: 'acp', command: ['x'], shell: true }),
      'shell is not a key that an agent has.',
    );
    assert.match(
      problem({ protocol: 'acp', command: ['x'], env: { 'A=B': '1' } }),
      /^env.A=B must be the name/,
    );
    assert.match(problem({ protocol: 'acp', command: ['x'], env: { A: 1 } }), /^env.A /);
    assert.match(
      problem({ protocol: 'acp', command: ['x'], passEnv: 'KEY' }),
      /^passEnv must be a list of names/,
    );
    assert.match(problem({ protocol: 'command', command: ['x', '{prompt}'] }), /^prompt must be "argument"/);
    assert.match(problem({ preset: 'pi' }, 'a b'), /^its name must begin/);
  });

  it('takes no program of the workspace', () => {
    for (const program of ['./agent', 'bin/agent', '../agent', 'bin\\agent'])
      assert.match(
        problem({ protocol: 'acp', command: [program] }),
        /^command.0 must be the name of a program on PATH/,
      );
  });

  it('hides no agent behind a bad one, and runs no preset in the place of one', () => {
    const { agents, problems } = readAgentSettings({
      codex: { preset: 'codex', model: 'x' },
      good: { preset: 'codex' },
    });
    assert.equal(problems.length, 1);
    assert.equal(agents.has('codex'), false);
    assert.equal(agents.has('good'), true);
  });

  it('takes any value for what it is, and never throws', () => {
    fc.assert(
      fc.property(fc.anything(), fc.string(), (value, name) => {
        assert.ok(readAgentSettings(value).agents.size <= PRESETS.length + 1_000);
        assert.ok(readAgentSettings({ [name]: value }).problems.length <= 1);
      }),
    );
  });

  it('has a JSON schema, for the editor of settings', () => {
    assert.ok(z.toJSONSchema(agentsSetting, { io: 'input' }));
  });
});
