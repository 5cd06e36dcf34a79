import { runsNotify, type Run } from '../../server/protocol/workflowMethods.ts';
import type { Call } from './call.ts';
import type { RunModel } from './runModel.ts';
import { newsOf, type RunNews } from './runNews.ts';

/** Of runs that ended while no window was open, in milliseconds: what is older is no news. */
const RECENT_MS = 60 * 60_000;

export interface RunNoticesParts {
  readonly runs: RunModel;
  readonly call: Call;
  /** Whether this window is to tell of a run. */
  readonly isMine: (run: Run) => boolean;
  readonly wantsCompleted: () => boolean;
  readonly tell: (news: RunNews) => void;
  /** When this window was opened, in milliseconds since the epoch. */
  readonly since: number;
}

/** Tells of what runs have come to: each piece of news once, in one of the windows that could. */
export class RunNotices {
  readonly #parts: RunNoticesParts;
  readonly #listening: { dispose(): void };
  /** What this window has claimed, or has seen another one claim. */
  readonly #claimed = new Set<string>();

  constructor(parts: RunNoticesParts) {
    this.#parts = parts;
    this.#listening = parts.runs.onDidChange(() => this.#look());
  }

  dispose(): void {
    this.#listening.dispose();
  }

  #look(): void {
    for (const run of this.#parts.runs.runs) {
      if (!this.#parts.isMine(run)) continue;
      for (const news of newsOf(run)) if (this.#isNews(news)) void this.#claim(news);
    }
  }

  #isNews({ run: { endedAt }, kind }: RunNews): boolean {
    if (kind === 'completed' && !this.#parts.wantsCompleted()) return false;
    return endedAt === undefined || Date.parse(endedAt) > this.#parts.since - RECENT_MS;
  }

  async #claim(news: RunNews): Promise<void> {
    const { call, tell } = this.#parts;
    const key = `${news.run.id}/${news.of}`;
    if (this.#claimed.has(key)) return;
    this.#claimed.add(key);
    try {
      const { isMine } = await call(runsNotify, { id: news.run.id, of: news.of });
      if (isMine) tell(news);
    } catch {
      // It is tried again with the next change: nobody has told it yet.
      this.#claimed.delete(key);
    }
  }
}
