import type { PermissionRequest } from '../agents/agent.ts';
import type { RunQuestion } from '../../protocol/workflowMethods.ts';

/** By this a client takes it on to show a question to its person; see `runs.notify`. */
export function claimOf(question: string): string {
  return `question:${question}`;
}

interface Open {
  readonly question: RunQuestion;
  /** Milliseconds since the epoch: by then a client has to have taken it on. */
  readonly claimBy: number;
  isClaimed: boolean;
  readonly onAsked: () => void;
  readonly answer: (option: string | undefined) => void;
}

/** What the agents of one runner ask a person, and wait for. */
export class Questions {
  readonly #claimMs: number;
  readonly #open = new Map<string, Open>();

  /** @param claimMs  how long a question waits for a client that shows it, in milliseconds: without one, nobody is there */
  constructor(claimMs: number) {
    this.#claimMs = claimMs;
  }

  /**
   * The id of the option that was chosen; undefined where none was. `onAsked`: a client has taken it on. Until then nobody
   * is asked, and an agent that asks again and again has no more time by it.
   */
  ask(
    step: string,
    { id, title, options }: PermissionRequest,
    now: number,
    onAsked: () => void,
  ): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#open.set(id, {
        question: { id, step, title, options: options.map((option) => ({ ...option })) },
        claimBy: now + this.#claimMs,
        isClaimed: false,
        onAsked,
        answer: resolve,
      });
    });
  }

  list(): RunQuestion[] {
    return [...this.#open.values()].map(({ question }) => question);
  }

  isAsking(step: string): boolean {
    return this.list().some((question) => question.step === step);
  }

  claim(of: string): void {
    for (const [id, open] of this.#open) {
      if (claimOf(id) !== of) continue;
      open.isClaimed = true;
      open.onAsked();
    }
  }

  /** Those that no client has taken on in time. */
  unclaimed(now: number): RunQuestion[] {
    const late = [...this.#open.values()].filter(({ isClaimed, claimBy }) => !isClaimed && claimBy <= now);
    return late.map(({ question }) => question);
  }

  /** Milliseconds until one is unclaimed for too long. */
  wait(now: number): number | undefined {
    const waits = [...this.#open.values()].filter(({ isClaimed }) => !isClaimed);
    return waits.length === 0
      ? undefined
      : Math.max(0, Math.min(...waits.map(({ claimBy }) => claimBy)) - now);
  }

  /** The question is closed; what this gives tells the agent. Undefined where it is not open. */
  close(id: string): { readonly question: RunQuestion; readonly answer: Open['answer'] } | undefined {
    const open = this.#open.get(id);
    this.#open.delete(id);
    return open;
  }

  /** Its iteration has ended: nobody waits any more. */
  drop(step: string): void {
    for (const { id, step: its } of this.list()) if (its === step) this.close(id)?.answer(undefined);
  }
}
