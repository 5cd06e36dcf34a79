import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { CLIS, installedCli } from './clis/installedCli.ts';

/*
 * npm run test:agents [-- --cache <folder>] [preset…]: Lockstep with the real command line tools of agents, pi where none
 * is named, against a model's endpoint of its own. With a cache a tool is installed once; without, into a folder that goes
 * at the end. Exit code 2 where one cannot be had.
 */

const { values, positionals } = parseArgs({
  options: { cache: { type: 'string' } },
  allowPositionals: true,
});
const folder =
  values.cache === undefined ? await mkdtemp(join(tmpdir(), 'lockstep-agents-')) : resolve(values.cache);
try {
  process.exitCode = await run(folder, positionals.length === 0 ? ['pi'] : positionals);
} finally {
  if (values.cache === undefined) await rm(folder, { recursive: true, force: true });
}

async function run(cache: string, presets: readonly string[]): Promise<number> {
  for (const cli of CLIS.filter(({ preset }) => presets.includes(preset))) {
    try {
      await installedCli(cache, cli);
      process.stdout.write(`${cli.package}@${cli.version} in ${cache}\n`);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      process.stderr.write(
        `Nothing was tested: ${cli.package}@${cli.version} from npm cannot be installed here.\n${why}\n`,
      );
      return 2;
    }
  }
  const tests = spawn(
    process.execPath,
    [
      '--test',
      '--test-timeout=300000',
      '--test-concurrency=1',
      fileURLToPath(new URL('./*.test.ts', import.meta.url)),
    ],
    {
      env: {
        ...process.env,
        LOCKSTEP_TEST_AGENTS: presets.join(','),
        LOCKSTEP_TEST_AGENTS_CACHE: cache,
      },
      stdio: 'inherit',
    },
  );
  await once(tests, 'close');
  return tests.exitCode ?? 1;
}
