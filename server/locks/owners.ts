import { LockstepError } from '../domain/errors.ts';
import { judgeOwner, type Judgement, type Machine } from '../domain/lockVerdict.ts';
import type { Processes } from '../platform/processes.ts';
import type { LeaseOwner, LockOwner } from '../protocol/lock.ts';

/** Names processes so that their death can be proved later, and judges those that were named. */
export class Owners {
  readonly #processes: Processes;
  #here: Promise<Machine> | undefined;
  #self: Promise<LeaseOwner> | undefined;

  constructor(processes: Processes) {
    this.#processes = processes;
  }

  /** This process as an owner. */
  async self(name: string | undefined): Promise<LeaseOwner> {
    this.#self ??= this.#identify(this.#processes.pid);
    return { ...(await this.#self), ...(name === undefined ? {} : { name }) };
  }

  /** @throws LockstepError INVALID_PARAMS where there is no such process */
  async ofProcess(pid: number, name: string | undefined): Promise<LeaseOwner> {
    const { state } = await this.#processes.look(pid);
    if (state === 'gone') {
      throw new LockstepError('INVALID_PARAMS', `ownerPid: there is no process ${pid}.`, {
        details: { param: 'ownerPid', pid },
      });
    }
    return { ...(await this.#identify(pid)), ...(name === undefined ? {} : { name }) };
  }

  async judge(owner: LockOwner): Promise<Judgement> {
    if (owner.pid === undefined) return { verdict: 'unverifiable', reasons: ['no-owner-recorded'] };
    return judgeOwner(owner, await this.#machine(), await this.#processes.look(owner.pid));
  }

  /** It cannot change while this process lives. */
  #machine(): Promise<Machine> {
    this.#here ??= this.#processes.machine();
    return this.#here;
  }

  async #identify(pid: number): Promise<LeaseOwner> {
    const { host, bootId, pidNamespace } = await this.#machine();
    const found = await this.#processes.look(pid);
    const processStart = found.state === 'running' ? found.start : undefined;
    return {
      pid,
      ...(processStart === undefined ? {} : { processStart }),
      ...(bootId === undefined ? {} : { bootId }),
      ...(pidNamespace === undefined ? {} : { pidNamespace }),
      host,
    };
  }
}
