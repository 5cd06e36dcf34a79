import type { TranscriptItem, TranscriptItemOf } from '../../../../server/protocol/transcript.ts';
import { revealBidi } from '../../../services/plainText.ts';
import type { TranscriptStrings } from '../../strings.ts';
import { fill } from '../../strings.ts';
import type { Formats } from '../formats.ts';

/** Less than the context of a view, which is of the page. */
export interface TitleContext {
  readonly strings: TranscriptStrings;
  readonly formats: Formats;
}

/** What an item is, in a few words. */
export function itemTitle(context: TitleContext, item: TranscriptItem): string {
  const { strings, formats } = context;
  switch (item.kind) {
    case 'message':
      if (item.injected === true) return strings.injected;
      return { user: strings.you, assistant: strings.assistant, system: strings.system }[item.role];
    case 'thinking':
      return strings.thinking;
    case 'tool_call':
      return revealBidi(item.name);
    case 'tool_result':
      return strings.toolResult;
    case 'iteration':
      return iterationTitle(context, item);
    case 'lifecycle':
      return strings.lifecycle[item.event];
    case 'summary':
      return strings.summary;
    case 'compaction':
      return item.tokensBefore === undefined
        ? strings.compaction
        : fill(strings.compactionTokens, formats.compact(item.tokensBefore));
    case 'learning':
      return `${strings.learning}${item.expertiseFile === undefined ? '' : ` · ${revealBidi(item.expertiseFile)}`}`;
    case 'model_change':
      return item.provider === undefined
        ? fill(strings.modelChanged, revealBidi(item.model))
        : fill(strings.modelChangedProvider, revealBidi(item.model), revealBidi(item.provider));
    case 'other':
      return revealBidi(item.type);
    case 'note': {
      const severity = item.severity === 'warning' ? strings.warning : strings.info;
      return item.line === undefined
        ? severity
        : `${severity} · ${fill(strings.line, formats.count(item.line))}`;
    }
  }
}

function iterationTitle(
  { strings, formats }: TitleContext,
  { number, phase }: TranscriptItemOf<'iteration'>,
): string {
  if (number === undefined)
    return phase === 'end' ? strings.iterationEndedUnnumbered : strings.iterationUnnumbered;
  return fill(phase === 'end' ? strings.iterationEnded : strings.iteration, formats.count(number));
}
