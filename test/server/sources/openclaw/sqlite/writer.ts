import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';

export interface Writer {
  /** Runs SQL in one transaction. */
  readonly run: (sql: string) => Promise<void>;
  /** Ends it in the middle of its life, so that it leaves its log behind. */
  readonly kill: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A process that has the database open and writes to it, as a gateway does. */
export async function openWriter(t: Pick<TestContext, 'after'>, path: string): Promise<Writer> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'writerInChild.ts'), path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  t.after(() => child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  return {
    run: async (sql) => {
      child.stdin.write(`${sql.replaceAll('\n', ' ')}\n`);
      if ((await lines.next()).done === true) throw new Error('The writer ended.');
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
