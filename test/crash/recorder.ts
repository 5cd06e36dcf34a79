import { RpcError } from '../support/rpcClient.ts';
import type { LeaseCall, Time } from './leaseHistory.ts';

/** The process that a call was made to is gone. */
export class ProcessGone extends Error {}

/** What a call may be refused with while others do as they like; anything else is a fault. */
const EXPECTED: ReadonlySet<unknown> = new Set(['SESSION_LOCKED', 'STORE_BUSY']);

/** Writes down what callers see, as they see it. */
export class Recorder {
  readonly calls: LeaseCall[] = [];
  /** By owner: the moment before the signal. */
  readonly deaths = new Map<string, Time>();
  /** What should not have happened, whatever the leases are like. */
  readonly faults: string[] = [];
  #writes = 0;

  nameWrite(): string {
    return `w${++this.#writes}`;
  }

  /**
   * What the call answered; undefined where it was refused.
   * @throws ProcessGone
   */
  async follow<C extends LeaseCall, R>(
    call: C,
    answer: Promise<R>,
    take: (call: C, result: R) => void,
  ): Promise<R | undefined> {
    this.calls.push(call);
    try {
      const result = await answer;
      call.end = Date.now();
      take(call, result);
      return result;
    } catch (error) {
      if (error instanceof ProcessGone) {
        call.gone = Date.now();
        throw error;
      }
      call.end = Date.now();
      call.refused = this.refusal(call.kind, error);
      return undefined;
    }
  }

  /** The code of a refusal. */
  refusal(what: string, error: unknown): string {
    if (!(error instanceof RpcError)) throw error;
    // The owner that a lease was asked for may have been killed meanwhile.
    const isDeadOwner =
      what === 'acquire' && error.data['code'] === 'INVALID_PARAMS' && /ownerPid/.test(error.message);
    if (!EXPECTED.has(error.code) && !isDeadOwner)
      this.faults.push(`${what}: ${String(error.code)} ${error.message}`);
    return String(error.code);
  }
}
