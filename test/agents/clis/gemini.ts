import { MODEL, type RealCli } from './realCli.ts';
import { writeJson } from './writeJson.ts';

const SETTINGS = {
  security: { auth: { selectedType: 'gemini-api-key' } },
  privacy: { usageStatisticsEnabled: false },
  general: { enableAutoUpdate: false, enableAutoUpdateNotification: false },
};

export const gemini: RealCli = {
  preset: 'gemini',
  package: '@google/gemini-cli',
  version: '0.61.0',
  program: '.bin/gemini',
  acp: ['--acp'],
  shell: (command) => ({ tool: 'run_shell_command', input: { command } }),
  setUp: async (home, url) => {
    await writeJson(home, '.gemini/settings.json', SETTINGS);
    return {
      args: ['--model', MODEL, '--approval-mode', 'yolo'],
      env: {
        HOME: home,
        GEMINI_API_KEY: 'none',
        GOOGLE_GEMINI_BASE_URL: url,
        GEMINI_CLI_TRUST_WORKSPACE: 'true',
      },
    };
  },
  oneTurn: async (home) => {
    await writeJson(home, '.gemini/settings.json', { ...SETTINGS, model: { maxSessionTurns: 1 } });
    return [];
  },
};
