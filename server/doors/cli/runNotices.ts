import * as z from 'zod';
import { sessionsEvents } from '../../protocol/sessionHistoryMethods.ts';
import { NOTICE_EVENT } from '../../workflows/run/runRecord.ts';
import type { CommandContext } from './context.ts';
import { oneLine } from './text.ts';

const notice = z.looseObject({ text: z.string() });

/** What the process of a run has to say to a person: the notices that are new since the last look. */
export class RunNotices {
  readonly #context: CommandContext;
  readonly #run: string;
  #revision: number | undefined;
  #afterSeq = 0;
  #isSilent: boolean;

  /** @param old  whether those count as new that are there already */
  constructor(context: CommandContext, run: string, old: boolean) {
    this.#context = context;
    this.#run = run;
    this.#isSilent = !old;
  }

  /** `revision`: of the run; where it has not changed, nothing was said. @throws CallFailed */
  async next(revision: number): Promise<string[]> {
    if (revision === this.#revision) return [];
    const lines: string[] = [];
    for (let isMore = true; isMore;) {
      const { events, nextSeq } = await this.#context.call(sessionsEvents, {
        id: this.#run,
        afterSeq: this.#afterSeq,
        types: [NOTICE_EVENT],
      });
      this.#afterSeq = nextSeq ?? events.at(-1)?.seq ?? this.#afterSeq;
      isMore = nextSeq !== undefined;
      lines.push(...events.map(({ data }) => oneLine(notice.safeParse(data).data?.text ?? '')));
    }
    this.#revision = revision;
    const isSilent = this.#isSilent;
    this.#isSilent = false;
    return isSilent ? [] : lines.filter((line) => line !== '');
  }
}
