import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { FileLocks } from '../../../server/locks/fileLock.ts';
import { Owners } from '../../../server/locks/owners.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { systemProcesses } from '../../../server/platform/systemProcesses.ts';
import { lockFilesIn } from './lockFilesIn.ts';

/*
 * A process that takes file locks: `fileLockHolder.ts <folder> <path> count <file> <times>` adds to a number in a file;
 * without `count` it takes the lock, says `held`, and does what it is told, a line each: `check`, `exit`, `release`.
 */
const [folder = '', path = '', what, file = '', times = '0'] = process.argv.slice(2);
const owners = new Owners(systemProcesses());
const parts = { folder, owners, files: lockFilesIn(folder), counters: new Counters() };
const locks = new FileLocks({ ...parts, waitMs: 60_000 });
const say = (words: string) => process.stdout.write(`${words}\n`);

if (what === 'count') {
  for (let turn = 0; turn < Number(times); turn++) {
    await locks.withFileLock(path, async ({ check }) => {
      const count = Number(await readFile(file, 'utf8'));
      check();
      await writeFile(file, String(count + 1));
    });
  }
} else {
  await locks.withFileLock(path, async ({ check }) => {
    say('held');
    for await (const line of createInterface({ input: process.stdin })) {
      if (line === 'release') break;
      if (line === 'exit') process.exit(0);
      try {
        check();
        say('ours');
      } catch (error) {
        say(error instanceof Error ? error.message : 'thrown');
      }
    }
  });
  say('released');
  process.stdin.destroy();
}
