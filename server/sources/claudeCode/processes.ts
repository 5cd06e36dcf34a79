import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mapBounded } from '../../platform/concurrency.ts';
import { judgeBareOwner } from '../../domain/lockVerdict.ts';
import type { Processes } from '../../platform/processes.ts';
import { readRange, type OpenFile } from '../jsonl/readableFile.ts';
import { claudeProcess, type ClaudeProcess } from './schema.ts';

/** A process file has some 300 bytes. */
const MAX_BYTES = 64 * 1024;

/**
 * The processes that are proven to be alive, by the id of the session each works on. Source: the files
 * `sessions/<pid>.json` that Claude Code keeps while it runs, and may leave behind. Rejects never: without proof,
 * there is none.
 */
export async function liveClaudeProcesses(
  folder: string,
  open: OpenFile,
  processes: Processes,
): Promise<Map<string, ClaudeProcess>> {
  const names = await readdir(folder).catch(() => []);
  const files = names.filter((name) => /^\d+\.json$/.test(name));
  const found = await mapBounded(files, 8, (name) => readProcess(join(folder, name), open));
  const live = new Map<string, ClaudeProcess>();
  for (const process of found) {
    if (process === undefined || !(await isProvedAlive(process, processes))) continue;
    // Two programs may have opened one session: the one that works counts.
    const other = live.get(process.sessionId);
    if (other === undefined || other.status === 'idle') live.set(process.sessionId, process);
  }
  return live;
}

async function isProvedAlive({ pid, procStart }: ClaudeProcess, processes: Processes): Promise<boolean> {
  if (procStart === undefined) return false;
  const noDoubts = { isShared: false, isGuardedFresh: false };
  const owner = { processStart: procStart, madeAt: undefined };
  return judgeBareOwner(owner, await processes.look(pid), noDoubts).verdict === 'alive';
}

async function readProcess(path: string, open: OpenFile): Promise<ClaudeProcess | undefined> {
  try {
    const file = await open(path);
    try {
      const { isFile, size } = await file.stat();
      if (!isFile || size > MAX_BYTES) return undefined;
      const text = (await readRange(file, 0, size)).toString('utf8');
      return claudeProcess.safeParse(JSON.parse(text)).data;
    } finally {
      await file.close();
    }
  } catch {
    return undefined; // being written, or gone
  }
}
