import { mkdir, readdir, readFile, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { folderIdentity, ownRecordPath } from '../../server/locks/lockFiles.ts';
import { Owners } from '../../server/locks/owners.ts';
import { systemErrorCode } from '../../server/platform/systemError.ts';
import { systemProcesses } from '../../server/platform/systemProcesses.ts';
import type { CleanResult } from '../../server/protocol/lockMethods.ts';
import type { Agent } from './agents.ts';
import type { Random } from './random.ts';

interface Planted {
  readonly path: string;
  readonly agent: Agent;
  /** What is there as long as nobody removes it; undefined where it is gone. */
  readonly look: () => Promise<string | undefined>;
  readonly made: string;
  readonly remove: () => Promise<void>;
}

/** Lock files in other agents' form and in our own, on behalf of processes that live, are stopped, or are dead. */
export class PlantedLocks {
  /** Where the transcripts of an OpenClaw would be. */
  readonly root: string;
  readonly own: string;
  readonly #owners = new Owners(systemProcesses());
  readonly #locks: Planted[] = [];
  #planted = 0;
  readonly #removed = new Set<string>();

  constructor(home: string) {
    this.root = join(home, 'agents', 'main', 'sessions');
    this.own = join(home, 'locks');
  }

  get roots(): string[] {
    return [this.root, this.own];
  }

  get figures(): { planted: number; removed: number } {
    return { planted: this.#planted, removed: this.#removed.size };
  }

  async plant(agent: Agent, random: Random): Promise<void> {
    if (random.chance(0.3)) await this.#plantOwn(agent);
    else await this.#plantForeign(agent, this.#newPath('.jsonl.lock'), random);
  }

  /** A lock of `dead`, which `heir` takes as soon as a cleaner has removed it: how real owners race with cleaners. */
  async plantContested(dead: Agent, heir: Agent, random: Random, isOver: () => boolean): Promise<void> {
    const path = this.#newPath('.jsonl.lock');
    await this.#plantForeign(dead, path, random);
    await dead.kill();
    while (!isOver()) {
      try {
        return await this.#plantForeign(heir, path, random);
      } catch (error) {
        if (systemErrorCode(error) !== 'EEXIST') throw error;
      }
      await pause(random.int(0, 2));
    }
  }

  /** Takes down what a cleaner says that it did; gives what it should not have done. */
  note({ removed }: CleanResult): string[] {
    for (const { fingerprint } of removed) this.#removed.add(fingerprint);
    const owners = new Map(this.#locks.map(({ path, agent }) => [`${path} ${agent.pid}`, agent]));
    return removed.flatMap(({ path, owner }) => {
      const agent = owners.get(`${path} ${owner.pid}`);
      return agent && agent.diedAt === undefined
        ? [`A cleaner says it removed ${path} of ${agent.name}, which lives.`]
        : [];
    });
  }

  /**
   * Ten minutes pass for locks of our own that say nothing of their holder, which a process leaves that is killed just
   * after it has made one. To be asked when no cleaner is at work; gives how many there were.
   */
  async letUnrecordedAge(): Promise<number> {
    const folders = (await readdir(this.own).catch(() => [])).filter((name) => name.endsWith('.lock'));
    let aged = 0;
    for (const path of folders.map((name) => join(this.own, name))) {
      const record = await readFile(ownRecordPath(path), 'utf8').catch(() => '');
      if (record.includes(await identityOf(path))) continue;
      await utimes(path, new Date(), new Date(Date.now() - 11 * 60_000));
      aged++;
    }
    return aged;
  }

  /** The locks of the living that are not as they were made. To be asked when no cleaner is at work. */
  async missing(): Promise<string[]> {
    const said: string[] = [];
    for (const { path, agent, made, look } of this.#locks) {
      if (agent.diedAt === undefined && (await look()) !== made)
        said.push(`The lock ${path} of ${agent.name}, which lives, was removed.`);
    }
    return said;
  }

  /** The locks of the dead that are there still, and what cleaners have left on their way. */
  async leftOver(): Promise<string[]> {
    const said: string[] = [];
    for (const { path, agent, made, look } of this.#locks) {
      if (agent.diedAt !== undefined && (await look()) === made)
        said.push(`The lock ${path} of ${agent.name}, which is dead, was not removed.`);
    }
    for (const folder of this.roots)
      for (const name of await readdir(folder))
        if (name.endsWith('.aside')) said.push(`${name} was left in ${folder}.`);
    return said;
  }

  /** Owners end: some give their lock back first, others leave it behind. */
  async endSome(random: Random): Promise<void> {
    for (const { agent, remove } of this.#locks) {
      if (agent.diedAt !== undefined || random.chance(0.5)) continue;
      if (random.chance(0.5)) await remove();
      await agent.kill();
    }
  }

  #newPath(suffix: string): string {
    return join(this.root, `session-${++this.#planted}${suffix}`);
  }

  async #plantForeign(agent: Agent, path: string, random: Random): Promise<void> {
    await mkdir(this.root, { recursive: true });
    const createdAt = new Date().toISOString();
    const { processStart } = await this.#owners.ofProcess(agent.pid, agent.name);
    const made = JSON.stringify(
      random.pick([
        { pid: agent.pid, createdAt },
        { pid: agent.pid, startedAt: Date.now() },
        {
          pid: agent.pid,
          createdAt,
          ...(processStart === undefined ? {} : { starttime: Number(processStart) }),
        },
      ]),
    );
    await writeFile(path, made, { flag: 'wx' });
    const look = () => readFile(path, 'utf8').catch(() => undefined);
    this.#locks.push({ path, agent, made, look, remove: () => rm(path, { force: true }) });
  }

  async #plantOwn(agent: Agent): Promise<void> {
    const path = join(this.own, `planted-${++this.#planted}.lock`);
    await mkdir(path, { recursive: true });
    const made = await identityOf(path);
    const owner = await this.#owners.ofProcess(agent.pid, agent.name);
    await writeFile(ownRecordPath(path), JSON.stringify({ path, folder: made, owner }));
    const look = () => identityOf(path).catch(() => undefined);
    const remove = async () => {
      await rm(ownRecordPath(path), { force: true });
      await rmdir(path);
    };
    this.#locks.push({ path, agent, made, look, remove });
  }
}

async function identityOf(path: string): Promise<string> {
  return folderIdentity(await stat(path, { bigint: true }));
}
