import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MODEL, type RealCli } from './realCli.ts';

export const codex: RealCli = {
  preset: 'codex',
  package: '@openai/codex',
  version: '0.169.0',
  program: '.bin/codex',
  shell: (command) => ({ tool: 'exec_command', input: { cmd: command } }),
  setUp: async (home, url) => {
    const config = `model = "${MODEL}"
model_provider = "mock"
[model_providers.mock]
name = "mock"
base_url = "${url}/v1"
wire_api = "responses"
env_key = "MOCK_KEY"
request_max_retries = 0
stream_max_retries = 0
[analytics]
enabled = false
`;
    await mkdir(join(home, '.codex'), { recursive: true });
    await writeFile(join(home, '.codex', 'config.toml'), config);
    return {
      // There is nothing for a sandbox to guard, and where these tests run most often, it cannot be made.
      args: ['--skip-git-repo-check', '-s', 'danger-full-access'],
      env: { HOME: home, CODEX_HOME: join(home, '.codex'), MOCK_KEY: 'none' },
    };
  },
};
