import { runsNotify, type Run } from '../../server/protocol/workflowMethods.ts';
import type { ErrorCode } from '../../server/protocol/error.ts';
import type { Call } from './call.ts';
import { CallError } from './callError.ts';
import { Soon } from './every.ts';
import type { RunModel } from './runModel.ts';
import { newsOf, type RunNews } from './runNews.ts';

/** Of runs that ended while no window was open, in milliseconds: what is older is no news. */
const RECENT_MS = 60 * 60_000;
/**
 * How long news waits that may be told elsewhere, or prove wrong, in milliseconds: a question is refused where no window
 * has taken it on within ten seconds.
 */
const SETTLE_MS = 3_000;
/** Timers may be early by a little. */
const LATER_MS = 10;
/** What is more at once is told in one message. */
const MOST_MESSAGES = 3;
/** A store that cannot be written, or not by this version: nobody can claim anything there. */
const UNWRITABLE: ReadonlySet<ErrorCode> = new Set(['STORE_UNAVAILABLE', 'STORE_NEWER', 'STORE_CORRUPT']);

/**
 * Whether a run is a window's to tell of: `own` ones at once; `other` ones, of folders that are not open in it, where no
 * window does that is closer; `none` where it could do nothing about them.
 */
export type Nearness = 'own' | 'other' | 'none';

interface DueNews {
  readonly news: RunNews;
  readonly near: Nearness;
}

export interface RunNoticesParts {
  readonly runs: RunModel;
  readonly call: Call;
  readonly nearness: (run: Run) => Nearness;
  readonly wantsCompleted: () => boolean;
  /** `isElsewhere`: of a folder that is not open in this window, so that it is to be named. */
  readonly tell: (news: RunNews, isElsewhere: boolean) => void;
  /** Of many runs at once, as after a restart of the computer. */
  readonly tellMany: (news: readonly RunNews[]) => void;
  /** When this window was opened, in milliseconds since the epoch. */
  readonly since: number;
  readonly settleMs?: number;
}

/**
 * Tells of what runs have come to: each piece of news once, in one of the windows that could. A question that waits is told
 * in each window that is opened on its folder.
 */
export class RunNotices {
  readonly #parts: RunNoticesParts;
  readonly #settleMs: number;
  readonly #listening: { dispose(): void };
  readonly #lookAgain: Soon;
  /** What this window has claimed, or has seen another one claim. */
  readonly #claimed = new Set<string>();
  /** What had happened in other folders before this window was there: their own windows have told it, or will. */
  readonly #elsewhere = new Set<string>();
  /** The questions of the first look: to be told here, whoever has taken them on. */
  readonly #toRepeat = new Set<string>();
  /** What nobody wanted to hear of when it was seen: that it is wanted since makes no news of it. */
  readonly #unwanted = new Set<string>();
  /** When what is not told yet was seen first. */
  #seen: ReadonlyMap<string, number> = new Map();
  #isFirstLook = true;

  constructor(parts: RunNoticesParts) {
    this.#parts = parts;
    this.#settleMs = parts.settleMs ?? SETTLE_MS;
    // Read anew, not just looked at: that a runner is there after all is not told by a change of the store.
    this.#lookAgain = new Soon(this.#settleMs + LATER_MS, () => void parts.runs.reload());
    this.#listening = parts.runs.onDidChange(() => this.#look());
  }

  dispose(): void {
    this.#listening.dispose();
    this.#lookAgain.dispose();
  }

  #look(): void {
    const { runs, nearness } = this.#parts;
    // What was known before the server went may be wrong by now, and nothing can be claimed.
    if (!runs.isLoaded || runs.error !== undefined) return;
    const now = performance.now();
    const seen = new Map<string, number>();
    const due: DueNews[] = [];
    for (const run of runs.runs) {
      const near = nearness(run);
      for (const news of newsOf(run)) {
        const key = keyOf(news);
        if (this.#isFirstLook) {
          // The window that had taken a question on may be gone, and with it the message: as after a reload.
          if (news.kind === 'asks') this.#toRepeat.add(key);
          // An agent that asks waits for seconds only.
          else if (near !== 'own') this.#elsewhere.add(key);
        }
        if (near === 'none' || (near === 'other' && this.#elsewhere.has(key))) continue;
        if (this.#claimed.has(key) || this.#unwanted.has(key)) continue;
        if (!this.#isNews(news, near)) {
          if (near === 'own' && news.kind === 'completed') this.#unwanted.add(key);
          continue;
        }
        const since = this.#seen.get(key) ?? now;
        const isDue = (near === 'own' && news.kind !== 'interrupted') || now - since >= this.#settleMs;
        if (isDue) due.push({ news, near });
        else seen.set(key, since);
      }
    }
    this.#seen = seen;
    this.#isFirstLook = false;
    if (due.length > 0) void this.#tell(due);
    if (seen.size > 0) this.#lookAgain.ask();
  }

  #isNews({ run: { endedAt }, kind }: RunNews, near: Nearness): boolean {
    // What nobody has to do anything about is for those who work there.
    if (kind === 'completed' && (near === 'other' || !this.#parts.wantsCompleted())) return false;
    return endedAt === undefined || Date.parse(endedAt) > this.#parts.since - RECENT_MS;
  }

  async #tell(due: readonly DueNews[]): Promise<void> {
    const { tell, tellMany } = this.#parts;
    const claims = await Promise.all(due.map(({ news }) => this.#claim(news)));
    const mine = due.filter(({ news, near }, index) => {
      const isRepeated = near === 'own' && this.#toRepeat.has(keyOf(news));
      return claims[index] === 'mine' || (claims[index] === 'taken' && isRepeated);
    });
    // An agent waits for an answer to each.
    const others = mine.filter(({ news }) => news.kind !== 'asks');
    const isMany = others.length > MOST_MESSAGES;
    for (const { news, near } of mine) if (!isMany || news.kind === 'asks') tell(news, near === 'other');
    if (isMany) tellMany(others.map(({ news }) => news));
  }

  /** Whether this window is the one to tell it. Undefined where nobody could say, which is asked again. */
  async #claim(news: RunNews): Promise<'mine' | 'taken' | undefined> {
    const key = keyOf(news);
    this.#claimed.add(key);
    try {
      const { isMine } = await this.#parts.call(runsNotify, { id: news.run.id, of: news.of });
      return isMine ? 'mine' : 'taken';
    } catch (error) {
      // That each window tells it is better than that none does.
      if (error instanceof CallError && UNWRITABLE.has(error.wire.code)) return 'mine';
      this.#claimed.delete(key);
      this.#lookAgain.ask();
      return undefined;
    }
  }
}

function keyOf({ run: { id }, of }: RunNews): string {
  return `${id}/${of}`;
}
