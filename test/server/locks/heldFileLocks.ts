import assert from 'node:assert/strict';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FileLocks } from '../../../server/locks/fileLock.ts';
import { Owners } from '../../../server/locks/owners.ts';
import { Counters } from '../../../server/platform/counters.ts';
import { systemProcesses } from '../../../server/platform/systemProcesses.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { lockFilesIn } from './lockFilesIn.ts';

const HOLDER = fileURLToPath(new URL('./fileLockHolder.ts', import.meta.url));

export async function newLocks(t: TestContext, waitMs = 0) {
  const folder = join(await tempFolder(t), 'locks');
  const owners = new Owners(systemProcesses());
  const counters = new Counters();
  const files = lockFilesIn(folder);
  const withWait = (waitMs: number) => new FileLocks({ folder, owners, files, counters, waitMs });
  const lockPath = async () => {
    const name = (await readdir(folder)).find((one) => one.endsWith('.lock'));
    assert.ok(name);
    return join(folder, name);
  };
  return {
    folder,
    files,
    owners,
    counters,
    lockPath,
    withWait,
    locks: withWait(waitMs),
    path: '/guarded/export.jsonl',
  };
}

/** Another process that holds a lock. Ends with the test, if not before. */
export class Holder {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: AsyncIterator<string>;

  private constructor(t: TestContext, args: readonly string[]) {
    this.child = spawn(process.execPath, [HOLDER, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    t.after(() => this.kill());
  }

  static async holding(t: TestContext, folder: string, path: string): Promise<Holder> {
    const holder = new Holder(t, [folder, path]);
    assert.equal(await holder.line(), 'held');
    return holder;
  }

  /** One that adds to a number in a file and ends. */
  static counting(t: TestContext, folder: string, path: string, file: string, times: number): Holder {
    return new Holder(t, [folder, path, 'count', file, String(times)]);
  }

  async line(): Promise<string | undefined> {
    const next = await this.#lines.next();
    return next.done === true ? undefined : next.value;
  }

  async tell(words: string): Promise<string | undefined> {
    this.child.stdin.write(`${words}\n`);
    return this.line();
  }

  async ended(): Promise<number | null> {
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended();
  }
}
