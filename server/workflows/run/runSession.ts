import type { Decide } from '../../domain/sessionStep.ts';
import type { SessionEvent } from '../../protocol/event.ts';
import type { Session } from '../../protocol/session.ts';
import type { SessionStore } from '../../store/sessionStore.ts';
import type { HeldRun } from './heldRun.ts';
import { newsOf } from './recordedRun.ts';
import { TOLD_EVENT } from './runRecord.ts';
import { hasEnded } from './runRefusals.ts';
import { REQUEST_EVENT } from './runRequest.ts';

/** The session of a run as its runner knows it, to which others write as well. */
export class RunSession {
  readonly #sessions: SessionStore;
  readonly #held: HeldRun['held'];
  #handled: number;
  #seen = 0;

  constructor(sessions: SessionStore, { held, handled }: Pick<HeldRun, 'held' | 'handled'>) {
    this.#sessions = sessions;
    this.#held = held;
    this.#handled = handled;
  }

  /** `seq` up to which it was looked through for what others ask. */
  get handled(): number {
    return this.#handled;
  }

  /** `revision` up to which all that was written to it is known. */
  get seen(): number {
    return this.#seen;
  }

  /**
   * What others ask for, and have told, since the last look.
   * @throws LockstepError ILLEGAL_TRANSITION where others have ended it
   */
  async news(): Promise<{ readonly session: Session; readonly events: readonly SessionEvent[] }> {
    const types = [REQUEST_EVENT, TOLD_EVENT];
    const { session, lastSeq, events } = await newsOf(this.#sessions, this.#held.id, this.#handled, types);
    if (session.endedAt !== undefined) throw hasEnded(session);
    this.#handled = lastSeq;
    this.#seen = session.revision;
    return { session, events };
  }

  /** False: others have written since the last look, which is to be looked at first. */
  async write(decide: Decide): Promise<boolean> {
    let before = 0;
    const { revision } = await this.#held.write((state, now, isLeased) => {
      before = state.session.revision;
      return decide(state, now, isLeased);
    });
    if (before === this.#seen) this.#seen = revision;
    return revision === this.#seen;
  }
}
