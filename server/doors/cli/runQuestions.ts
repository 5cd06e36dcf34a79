import { runsAnswer, runsNotify, type Run, type RunQuestion } from '../../protocol/workflowMethods.ts';
import { claimOf } from '../../workflows/run/questions.ts';
import { CallFailed } from './commandError.ts';
import type { CommandContext } from './context.ts';
import type { Person } from './person.ts';
import { oneLine } from './text.ts';

/** What the questions need of what is drawn around them. */
export interface QuestionScreen {
  /** A line that stays. */
  readonly say: (line: string) => void;
  /** The terminal is the question's until `release`. */
  readonly claim: () => void;
  readonly release: () => void;
}

/**
 * The questions of the agents of a run, put to the person at this terminal, one after the other. Each of them is told
 * by one client alone, so those that another has taken on are not asked here.
 */
export class RunQuestions {
  readonly #context: CommandContext;
  readonly #run: string;
  readonly #person: Person;
  readonly #screen: QuestionScreen;
  readonly #seen = new Set<string>();
  #open: readonly RunQuestion[] = [];
  #waiting: RunQuestion[] = [];
  #asked: { readonly id: string; readonly taken: AbortController } | undefined;
  #failure: Error | undefined;

  constructor(context: CommandContext, run: string, person: Person, screen: QuestionScreen) {
    this.#context = context;
    this.#run = run;
    this.#person = person;
    this.#screen = screen;
  }

  /** Takes on what is new, and takes back what is answered. @throws CallFailed as the calls of a question do */
  async look({ questions }: Run): Promise<void> {
    if (this.#failure) throw this.#failure;
    this.#open = questions;
    if (this.#asked !== undefined && !this.#isOpen(this.#asked.id)) this.#asked.taken.abort();
    for (const question of questions) {
      if (this.#seen.has(question.id) || !this.#person.isThere) continue;
      const claim = { id: this.#run, of: claimOf(question.id) };
      const { isMine } = await this.#context.call(runsNotify, claim);
      this.#seen.add(question.id);
      if (isMine) this.#waiting.push(question);
      else this.#screen.say(`${titleOf(question)} (asked in another window)`);
    }
    if (this.#asked === undefined) this.#askNext();
  }

  /** Nothing more is asked. */
  close(): void {
    this.#waiting = [];
    this.#asked?.taken.abort();
  }

  #isOpen(id: string): boolean {
    return this.#open.some((question) => question.id === id);
  }

  #askNext(): void {
    const question = this.#waiting.find(({ id }) => this.#isOpen(id));
    this.#waiting = this.#waiting.filter((other) => other !== question && this.#isOpen(other.id));
    if (question === undefined) return;
    const taken = new AbortController();
    this.#asked = { id: question.id, taken };
    this.#screen.claim();
    this.#ask(question, taken.signal)
      .catch((error: unknown) => {
        this.#failure = error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => {
        this.#asked = undefined;
        this.#screen.release();
        this.#askNext();
      });
  }

  async #ask(question: RunQuestion, taken: AbortSignal): Promise<void> {
    const { id, options } = question;
    this.#person.tell([
      titleOf(question),
      ...options.map(({ name }, index) => `  ${index + 1}  ${oneLine(name)}`),
    ]);
    const most = options.length;
    const prompt = most === 1 ? 'Answer with 1: ' : `Answer with a number from 1 to ${most}: `;
    for (;;) {
      const answer = await this.#person.ask(prompt, taken);
      if (taken.aborted) return this.#person.tell(['It is not asked any more.']);
      // Whoever closes the terminal at a question does not allow what it is about.
      const option = answer === undefined ? undefined : optionOf(question, answer);
      if (answer !== undefined && option === undefined) continue;
      if ((await this.#answer(id, option)) || answer === undefined) return;
    }
  }

  /** Gives whether that is settled; else it is asked anew. */
  async #answer(question: string, option: string | undefined): Promise<boolean> {
    try {
      await this.#context.call(runsAnswer, {
        id: this.#run,
        question,
        ...(option === undefined ? {} : { option }),
      });
      return true;
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
      this.#person.tell([error.error.message]);
      // Else another answered first, or the agent has ended.
      return error.error.code !== 'STORE_BUSY';
    }
  }
}

/** The id of the option of a number. */
function optionOf({ options }: RunQuestion, answer: string): string | undefined {
  const typed = answer.trim();
  return /^\d+$/.test(typed) ? options[Number(typed) - 1]?.id : undefined;
}

function titleOf({ step, title }: RunQuestion): string {
  return `Step ${step} asks: ${oneLine(title)}`;
}
