import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { installedOpenclaw, VERSION } from './openclawPackage.ts';

/*
 * npm run test:peer [-- --cache <folder>]: the real gateway of OpenClaw beside Lockstep. With a cache the package is
 * installed once; without, into a folder that goes at the end. Exit code 2 where the package cannot be had.
 */

const { values } = parseArgs({ options: { cache: { type: 'string' } } });
const folder =
  values.cache === undefined ? await mkdtemp(join(tmpdir(), 'lockstep-peer-')) : resolve(values.cache);
try {
  process.exitCode = await run(folder);
} finally {
  if (values.cache === undefined) await rm(folder, { recursive: true, force: true });
}

async function run(cache: string): Promise<number> {
  let openclaw: string;
  try {
    openclaw = await installedOpenclaw(cache);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(
      `Nothing was compared: openclaw@${VERSION} from npm cannot be installed here.\n${why}\n`,
    );
    return 2;
  }
  process.stdout.write(`openclaw@${VERSION} in ${cache}\n`);
  const tests = spawn(
    process.execPath,
    [
      '--test',
      '--test-timeout=300000',
      '--test-concurrency=1',
      fileURLToPath(new URL('./*.test.ts', import.meta.url)),
    ],
    { env: { ...process.env, LOCKSTEP_PEER: openclaw }, stdio: 'inherit' },
  );
  await once(tests, 'close');
  return tests.exitCode ?? 1;
}
