import type { CallParamsOf, ResultOf } from '../../server/protocol/method.ts';
import { transcriptsExport } from '../../server/protocol/transcriptMethods.ts';
import type { Call } from './call.ts';

/** Another transcript took the place of the one that was half read. */
export class TranscriptReplaced extends Error {
  constructor() {
    super('The transcript was replaced while it was read.');
    this.name = 'TranscriptReplaced';
  }
}

/**
 * A transcript as Markdown, part by part.
 * @throws CallError, TranscriptReplaced
 */
export async function* transcriptMarkdown(
  call: Call,
  what: Pick<CallParamsOf<typeof transcriptsExport>, 'ref' | 'kinds'>,
): AsyncGenerator<string, void, void> {
  let generation: string | undefined;
  let from: number | undefined = 0;
  while (from !== undefined) {
    const part: ResultOf<typeof transcriptsExport> = await call(transcriptsExport, {
      ...what,
      from,
      ...(generation === undefined ? {} : { generation }),
    });
    if (generation !== undefined && part.generation !== generation) throw new TranscriptReplaced();
    yield part.content;
    generation = part.generation;
    from = part.next;
  }
}
