import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { agentEnvironment } from '../../../../server/workflows/agents/agentEnvironment.ts';

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

  it("lets the setting go over ours, and the step over the setting's", () => {
    const setting = { env: { LANG: 'C', A: 'setting', B: 'setting' }, passEnv: ['MODEL_KEY'] };
    const env = agentEnvironment(OURS, setting, { B: 'step', MODEL_KEY: 'other' }, 'linux');
    assert.deepEqual([env['LANG'], env['A'], env['B'], env['MODEL_KEY']], ['C', 'setting', 'step', 'other']);
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
