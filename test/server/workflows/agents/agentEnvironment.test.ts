import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { agentEnvironment, overruled } from '../../../../server/workflows/agents/agentEnvironment.ts';

const OURS = {
  PATH: '/bin',
  HOME: '/home/me',
  LANG: 'de_DE.UTF-8',
  LC_TIME: 'C',
  TERM: 'xterm',
  TMPDIR: '/tmp/me',
  GITHUB_TOKEN: 'secret',
  VSCODE_IPC_HOOK: '/run/x',
  MODEL_KEY: 'key',
  LCX: 'no',
};

describe("an agent's environment", () => {
  it('has what every program needs, and nothing else of ours', () => {
    assert.deepEqual(agentEnvironment(OURS, {}, {}, 'linux'), {
      PATH: '/bin',
      HOME: '/home/me',
      LANG: 'de_DE.UTF-8',
      LC_TIME: 'C',
      TERM: 'xterm',
      TMPDIR: '/tmp/me',
    });
  });

  it('has what the setting passes on, where it is set', () => {
    const env = agentEnvironment(OURS, { passEnv: ['MODEL_KEY', 'NOT_SET'] }, {}, 'linux');
    assert.equal(env['MODEL_KEY'], 'key');
    assert.equal('NOT_SET' in env, false);
    assert.equal('GITHUB_TOKEN' in env, false);
  });

  it('lets the setting go over ours, and over the step in all that it names, set or not', () => {
    const setting = { env: { LANG: 'C', A: 'setting' }, passEnv: ['MODEL_KEY', 'NOT_SET'] };
    const step = { A: 'step', B: 'step', TERM: 'dumb', MODEL_KEY: 'other', NOT_SET: 'other' };
    const env = agentEnvironment(OURS, setting, step, 'linux');
    const got = ['LANG', 'A', 'B', 'TERM', 'MODEL_KEY', 'NOT_SET'].map((name) => env[name]);
    assert.deepEqual(got, ['C', 'setting', 'step', 'dumb', 'key', undefined]);
    assert.deepEqual(overruled(setting, step, 'linux'), ['A', 'MODEL_KEY', 'NOT_SET']);
    assert.deepEqual(overruled({ env: { Key: 'x' } }, { KEY: 'y' }, 'win32'), ['KEY']);
  });

  it('takes from a step nothing that decides what runs, or where keys go', () => {
    const step = {
      PATH: '/w/bin',
      LD_PRELOAD: 'x',
      DYLD_INSERT_LIBRARIES: 'x',
      NODE_OPTIONS: 'x',
      NODE_PATH: 'x',
      PYTHONSTARTUP: 'x',
      PERL5OPT: 'x',
      RUBYOPT: 'x',
      BASH_ENV: 'x',
      ENV: 'x',
      SHELL: 'x',
      GIT_SSH_COMMAND: 'x',
      GIT_EXEC_PATH: 'x',
      GIT_CONFIG_COUNT: '1',
      ANTHROPIC_BASE_URL: 'x',
      OPENAI_API_KEY: 'x',
      ANTHROPIC_AUTH_TOKEN: 'x',
      https_proxy: 'x',
      ALL_PROXY: 'x',
      HOME: '/w',
      XDG_CONFIG_HOME: 'x',
      CODEX_HOME: 'x',
      CLAUDE_CONFIG_DIR: 'x',
      LOCKSTEP_AGENT_MARKER: 'x',
    };
    const free = { NODE_ENV: 'test', GIT_AUTHOR_NAME: 'me', MY_PATH: '/x', ENVIRONMENT: 'ci', TOKENS: '3' };
    assert.deepEqual(overruled({}, { ...step, ...free }, 'linux'), Object.keys(step));
    const [without, withStep] = [{}, { ...step, ...free }].map((said) =>
      agentEnvironment(OURS, {}, said, 'linux'),
    );
    assert.deepEqual(withStep, { ...without, ...free });
  });

  it('knows on Windows that names differ in nothing by their case', () => {
    const ours = {
      Path: 'C:\\bin',
      SystemRoot: 'C:\\Windows',
      'ProgramFiles(x86)': 'C:\\P',
      Secret: 'x',
      key: 'k',
    };
    const env = agentEnvironment(ours, { env: { PATH: 'D:\\bin' }, passEnv: ['KEY'] }, {}, 'win32');
    assert.deepEqual(env, {
      PATH: 'D:\\bin',
      SystemRoot: 'C:\\Windows',
      'ProgramFiles(x86)': 'C:\\P',
      key: 'k',
    });
  });
});
