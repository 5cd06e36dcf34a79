import type { Disposable } from '../../platform/disposable.ts';
import { runsGet, runsPause, runsStop, type Run } from '../../protocol/workflowMethods.ts';
import { CallFailed } from './commandError.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exitCodes.ts';
import { LiveScreen } from './liveScreen.ts';
import type { Person } from './person.ts';
import { RunChanges } from './runChanges.ts';
import { RunNotices } from './runNotices.ts';
import { RunQuestions } from './runQuestions.ts';
import { liveRun } from './runLines.ts';
import { RunSignals } from './runSignals.ts';
import { exitCodeOfRun, hasEnded, howToContinue, outcomeInWords, runStyle } from './runWords.ts';
import { watching } from './watching.ts';

/** How often it is looked at though nothing has changed, in milliseconds: times are shown in seconds. */
const EVERY_MS = 1000;

export interface Following {
  /** Who answers the questions of agents, if anybody does. */
  readonly person: Person | undefined;
  /** When it is done: as soon as nothing goes on by itself any more, or when the run has ended for good. */
  readonly endsWhen: 'still' | 'ended';
  /** Whether this command has started it. Then Ctrl+C pauses it first, then stops it, and then ends the command alone. */
  readonly isOurs: boolean;
  /** Those that came since it was started, and come; from now on if unset. */
  readonly signals?: RunSignals;
}

/** Shows how a run goes: in place in a terminal, as a line for each change elsewhere, as JSON for programs. */
export class RunFollower {
  readonly #context: CommandContext;
  readonly #id: string;
  readonly #following: Following;
  readonly #screen: LiveScreen | undefined;
  readonly #questions: RunQuestions | undefined;
  readonly #changes: RunChanges;
  readonly #notices: RunNotices;
  #run: Run | undefined;
  #isAsking = false;
  #interrupts = 0;

  constructor(context: CommandContext, id: string, following: Following) {
    this.#context = context;
    this.#id = id;
    this.#following = following;
    this.#screen =
      context.terminal === undefined || context.json ? undefined : new LiveScreen(context.door.stdout);
    this.#changes = new RunChanges(context);
    this.#notices = new RunNotices(context, id, following.isOurs);
    this.#questions =
      following.person &&
      new RunQuestions(context, id, following.person, {
        say: (line) => this.#say(line),
        claim: () => this.#giveUpScreen(),
        release: () => this.#takeScreen(),
      });
  }

  /** Gives the exit code. @throws CallFailed */
  async follow(): Promise<number> {
    try {
      return await watching(
        this.#context.door,
        (leave) => this.#onSignal(leave),
        () => this.#look(),
        EVERY_MS,
      );
    } finally {
      this.#questions?.close();
      this.#screen?.close();
    }
  }

  async #look(): Promise<number | undefined> {
    const run = await this.#context.call(runsGet, { id: this.#id });
    this.#run = run;
    await this.#questions?.look(run);
    if (!this.#context.json) for (const line of await this.#notices.next(run.revision)) this.#say(line);
    const isOver = this.#isOver(run);
    if (this.#context.json || !this.#screen) {
      if (!(await this.#context.print(...this.#changes.next(run)))) return EXIT.ok;
    } else if (!isOver) this.#draw();
    if (!isOver) return undefined;
    if (!this.#context.json) await this.#tellEnd(run);
    return exitCodeOfRun(run);
  }

  #isOver({ status }: Run): boolean {
    if (this.#following.endsWhen === 'ended') return hasEnded(status);
    return status !== 'active' && status !== 'pausing' && status !== 'stopping';
  }

  async #tellEnd(run: Run): Promise<void> {
    const next = howToContinue(run);
    const words = [outcomeInWords(run), ...(next === undefined ? [] : [`To go on: ${next}`])];
    const said = words.map((line, at) => (at === 0 ? this.#context.style(runStyle(run.status), line) : line));
    if (!this.#screen) await this.#context.print(...said);
    else this.#screen.draw([], [...liveRun(this.#context, run, Date.now()), ...said]);
  }

  #draw(above: readonly string[] = []): void {
    const run = this.#run;
    if (!this.#screen || this.#isAsking) return;
    const live = run === undefined ? [] : liveRun(this.#context, run, Date.now(), this.#hint(run));
    this.#screen.draw(live, above);
  }

  #hint(run: Run): string {
    const next = howToContinue(run);
    if (next !== undefined) return `to go on: ${next}; Ctrl+C ends`;
    if (!this.#following.isOurs || this.#interrupts > 1) return 'Ctrl+C leaves it to itself';
    return this.#interrupts === 1 ? 'Ctrl+C stops it for good' : 'Ctrl+C pauses it';
  }

  /** Remarks that stay. */
  #say(line: string): void {
    if (this.#isAsking) this.#following.person?.tell([line]);
    else if (this.#screen) this.#draw([line]);
    else this.#context.say(line);
  }

  #giveUpScreen(): void {
    this.#screen?.draw([]);
    this.#screen?.close();
    this.#isAsking = true;
  }

  #takeScreen(): void {
    this.#isAsking = false;
    this.#draw();
  }

  #onSignal(leave: (code: number) => void): Disposable {
    const signals = this.#following.signals ?? new RunSignals();
    signals.handle({ leave, interrupted: () => this.#interrupted(leave) });
    return signals;
  }

  #interrupted(leave: (code: number) => void): void {
    this.#interrupts++;
    if (!this.#following.isOurs) return leave(EXIT.interrupted);
    switch (this.#interrupts) {
      case 1:
        return this.#command(
          runsPause,
          'Pausing, once the iterations in flight have ended. Ctrl+C again stops the run for good.',
        );
      case 2:
        return this.#command(runsStop, 'Stopping. Ctrl+C again leaves the run to itself.');
      default:
        this.#say(`The run is left to itself. See it: lockstep runs ${this.#id}`);
        return leave(EXIT.interrupted);
    }
  }

  #command(method: typeof runsPause | typeof runsStop, words: string): void {
    this.#say(words);
    this.#context.call(method, { id: this.#id }).catch((error: unknown) => {
      // It may have ended meanwhile; what else keeps it from being done is told, and Ctrl+C tries the next.
      this.#say(error instanceof CallFailed ? error.error.message : String(error));
    });
  }
}
