import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import * as z from 'zod';

/**
 * As text, so that it is the same in the bundle and in the sources, and no second file has to be found. Of an error it
 * sends what `translateStoreError` goes by.
 */
const WORK = `
const { parentPort, workerData } = require('node:worker_threads');
const { DatabaseSync } = require('node:sqlite');
try {
  const store = new DatabaseSync(workerData.from, { readOnly: true, timeout: 10_000 });
  store.prepare('VACUUM INTO ?').run(workerData.to);
  store.close();
  parentPort.postMessage({});
} catch (error) {
  parentPort.postMessage({ message: error.message, errcode: error.errcode });
}
`;

/**
 * Copies a whole store, as it is now, into an empty file: compact, and without a log. In a thread of its own: a store
 * of 100,000 sessions takes seconds.
 */
export async function vacuumInto(from: string, to: string): Promise<void> {
  const worker = new Worker(WORK, { eval: true, workerData: { from, to } });
  try {
    const answer = z.array(z.unknown()).parse(await once(worker, 'message'))[0];
    if (typeof answer === 'object' && answer !== null && 'message' in answer)
      throw Object.assign(new Error(String(answer.message)), answer);
  } finally {
    await worker.terminate();
  }
}
