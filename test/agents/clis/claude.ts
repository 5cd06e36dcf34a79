import { join } from 'node:path';
import type { RealCli } from './realCli.ts';

export const claude: RealCli = {
  preset: 'claude',
  package: '@anthropic-ai/claude-code',
  version: '2.1.328',
  program: `@anthropic-ai/claude-code-linux-${process.arch}/claude`,
  shell: (command) => ({ tool: 'Bash', input: { command, description: 'Runs a command' } }),
  turnCostUsd: 0.000762,
  setUp: async (home, url) => ({
    args: ['--allowedTools', 'Bash'],
    env: {
      HOME: home,
      CLAUDE_CONFIG_DIR: join(home, '.claude'),
      ANTHROPIC_BASE_URL: url,
      ANTHROPIC_API_KEY: 'none',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
    },
  }),
  oneTurn: async () => ['--max-turns', '1'],
};
