import { join } from 'node:path';
import * as z from 'zod';
import type { AgentLocks } from '../../domain/lockFinding.ts';
import { judgeBareOwner, type Judgement } from '../../domain/lockVerdict.ts';
import type { Processes } from '../../platform/processes.ts';
import { findLiveLocks, jsonOf, type LiveLock } from '../liveLocks.ts';
import { claudeProcess } from './schema.ts';

/**
 * `ide/<port>.lock`, written by an editor. It holds a token, so nothing but these fields is taken from it.
 * Source: the protocol notes of coder/claudecode.nvim.
 */
const ideLock = z.object({
  pid: z.int().positive(),
  workspaceFolders: z.array(z.string()).catch([]),
  ideName: z.string().optional().catch(undefined),
});

const unreadable: Judgement = { verdict: 'unverifiable', reasons: ['unreadable'] };

/** Claude Code's running programs (`sessions/<pid>.json`), and the editors that it can connect to. */
export function claudeLocks(configDir: string, processes: Processes): AgentLocks {
  async function judge(pid: number, processStart: string | undefined, madeAt: number | undefined) {
    const doubts = { isShared: false, isGuardedFresh: false };
    const { verdict, reasons } = judgeBareOwner({ processStart, madeAt }, await processes.look(pid), doubts);
    return { verdict, reasons: [...reasons] };
  }
  const none = (path: string): LiveLock => ({
    guards: path,
    owner: {},
    verdict: unreadable.verdict,
    reasons: [...unreadable.reasons],
  });

  return {
    folders: [],
    async live() {
      const findings = await Promise.all([
        findLiveLocks({
          format: 'claude-code',
          folder: join(configDir, 'sessions'),
          fileOf: (name) => (/^\d+\.json$/.test(name) ? name : undefined),
          async read(file, path) {
            const process = claudeProcess.safeParse(jsonOf(file)).data;
            if (!process) return none(path);
            const { pid, procStart, sessionId } = process;
            const owner = { pid, ...(procStart === undefined ? {} : { processStart: procStart }) };
            return { guards: sessionId, owner, ...(await judge(pid, procStart, undefined)) };
          },
        }),
        findLiveLocks({
          format: 'claude-code',
          folder: join(configDir, 'ide'),
          fileOf: (name) => (/^\d+\.lock$/.test(name) ? name : undefined),
          async read(file, path) {
            const ide = ideLock.safeParse(jsonOf(file)).data;
            if (!ide) return none(path);
            const { pid, ideName, workspaceFolders } = ide;
            const owner = { pid, ...(ideName === undefined ? {} : { name: ideName }) };
            const judged = await judge(pid, undefined, Number(file.stats.mtimeMs));
            return { guards: workspaceFolders[0] ?? path, owner, ...judged };
          },
        }),
      ]);
      return {
        locks: findings.flatMap(({ locks }) => locks),
        problems: findings.flatMap(({ problems }) => problems),
      };
    },
  };
}
