import { MODEL, type RealCli } from './realCli.ts';
import { writeJson } from './writeJson.ts';

export const opencode: RealCli = {
  preset: 'opencode',
  package: 'opencode-ai',
  version: '1.18.33',
  program: `opencode-linux-${process.arch}/bin/opencode`,
  acp: ['acp'],
  shell: (command) => ({ tool: 'bash', input: { command, description: 'Runs a command' } }),
  turnCostUsd: 0.131,
  setUp: async (home, url) => {
    const models = { [MODEL]: { name: 'Mock', cost: { input: 1000, output: 2000, cache_read: 100 } } };
    await writeJson(home, '.config/opencode/opencode.json', {
      provider: {
        mock: {
          npm: '@ai-sdk/openai-compatible',
          options: { baseURL: `${url}/v1`, apiKey: 'none' },
          models,
        },
      },
      model: `mock/${MODEL}`,
      small_model: `mock/${MODEL}`,
      enabled_providers: ['mock'],
      autoupdate: false,
      permission: { bash: 'allow' },
    });
    const off = ['AUTOUPDATE', 'MODELS_FETCH', 'LSP_DOWNLOAD', 'SHARE', 'DEFAULT_PLUGINS'];
    return {
      args: [],
      env: { HOME: home, ...Object.fromEntries(off.map((what) => [`OPENCODE_DISABLE_${what}`, '1'])) },
    };
  },
};
