import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { realOrSame } from '../../platform/paths.ts';
import type { Processes } from '../../platform/processes.ts';
import { MAX_PID } from '../../platform/signals.ts';
import { readSmallFile } from '../../platform/smallFile.ts';

const MAX_BYTES = 64 * 1024;

/** How long the gateway itself leaves a lock alone that it cannot read, in milliseconds. */
const UNREADABLE_MS = 30_000;

const CONFIG_NAMES = ['openclaw.json', 'clawdbot.json'];

const lock = z.object({
  pid: z.int().min(1).max(MAX_PID),
  configPath: z.string().min(1),
  startTime: z.int().min(0).optional().catch(undefined),
});

export interface LiveGateway {
  /** Undefined while it is starting. */
  readonly pid: number | undefined;
  /** Absolute path of the lock that tells of it. */
  readonly lockPath: string;
}

export interface LiveGatewaysOptions {
  readonly processes: Processes;
  /** Of temporary files; the system's if unset. */
  readonly folders?: readonly string[];
}

/**
 * Sees gateways that run: OpenClaw 2026.7 has no lock on its store, so that nobody else may write while one does.
 *
 * A gateway keeps `gateway.<hash of its configuration's path>.lock` in `openclaw-<uid>` of the folder of temporary files,
 * `{pid, createdAt, configPath, startTime?, port?}`, as seen in 2026.2.9 and 2026.7.1. All of them are read, since the
 * hash is of a path that may lead through links. Not seen are gateways that were told to take no lock
 * (`OPENCLAW_ALLOW_MULTI_GATEWAY`), or whose configuration lies elsewhere (`OPENCLAW_CONFIG_PATH`).
 */
export class LiveGateways {
  readonly #processes: Processes;
  readonly #folders: readonly string[];

  constructor({ processes, folders }: LiveGatewaysOptions) {
    this.#processes = processes;
    // A service may have another folder of temporary files than a terminal.
    this.#folders = folders ?? [...new Set([tmpdir(), ...(process.platform === 'win32' ? [] : ['/tmp'])])];
  }

  /** The gateway of a state directory; undefined where none runs. Rejects never. */
  async of(stateDir: string): Promise<LiveGateway | undefined> {
    const state = await realOrSame(stateDir);
    const starting = new Set(
      [stateDir, state].flatMap((dir) => CONFIG_NAMES.flatMap((name) => namesOf(join(dir, name)))),
    );
    for (const path of await this.#locks()) {
      const file = await readSmallFile(path, MAX_BYTES).catch(() => undefined);
      if (file?.content === undefined) continue;
      const found = parse(file.content.toString('utf8'));
      if (found === undefined) {
        const age = Date.now() - Number(file.stats.mtimeMs);
        if (starting.has(basename(path)) && age < UNREADABLE_MS) return { pid: undefined, lockPath: path };
        continue;
      }
      if ((await realOrSame(dirname(found.configPath))) !== state) continue;
      const facts = await this.#processes.look(found.pid);
      if (facts.state === 'gone') continue;
      const isOther =
        facts.state === 'running' &&
        facts.start !== undefined &&
        found.startTime !== undefined &&
        facts.start !== String(found.startTime);
      if (!isOther) return { pid: found.pid, lockPath: path };
    }
    return undefined;
  }

  async #locks(): Promise<string[]> {
    const own = process.getuid === undefined ? 'openclaw' : `openclaw-${process.getuid()}`;
    const found = await Promise.all(
      this.#folders.map(async (folder) => {
        const names = await readdir(join(folder, own)).catch((): string[] => []);
        return names
          .filter((name) => /^gateway\..+\.lock$/.test(name))
          .map((name) => join(folder, own, name));
      }),
    );
    return found.flat();
  }
}

/** 2026.2 hashes with SHA-1, 2026.7 with SHA-256. */
function namesOf(configPath: string): string[] {
  return ['sha1', 'sha256'].map(
    (algorithm) => `gateway.${createHash(algorithm).update(configPath).digest('hex').slice(0, 8)}.lock`,
  );
}

function parse(text: string): z.output<typeof lock> | undefined {
  try {
    return lock.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
