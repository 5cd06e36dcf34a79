import { MODEL, type RealCli } from './realCli.ts';
import { writeJson } from './writeJson.ts';

export const pi: RealCli = {
  preset: 'pi',
  package: '@mariozechner/pi-coding-agent',
  version: '0.73.1',
  program: '.bin/pi',
  shell: (command) => ({ tool: 'bash', input: { command } }),
  turnCostUsd: 0.131,
  setUp: async (home, url) => {
    const model = {
      id: MODEL,
      name: 'Mock',
      reasoning: false,
      input: ['text'],
      // Dollars for a million tokens.
      cost: { input: 1000, output: 2000, cacheRead: 100, cacheWrite: 0 },
      contextWindow: 128_000,
      maxTokens: 4096,
    };
    const mock = { baseUrl: `${url}/v1`, api: 'openai-completions', apiKey: 'none', models: [model] };
    await writeJson(home, '.pi/agent/models.json', { providers: { mock } });
    return { args: ['--provider', 'mock', '--model', MODEL], env: { HOME: home, PI_OFFLINE: '1' } };
  },
};
