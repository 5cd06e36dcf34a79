import type { ToolResult, TranscriptItem } from '../../../../server/protocol/transcript.ts';
import type { TitleContext } from './itemTitle.ts';
import { itemTitle } from './itemTitle.ts';

export interface LabelContext extends TitleContext {
  /** Whether a call without a result may still be running. */
  readonly mayRun: boolean;
}

/** A name is read out as a whole: of one that somebody made long, the beginning. */
const MAX_TITLE = 100;

/** What an item is called for those who do not see it: what it is, how it went, and when that was. */
export function itemLabel(context: LabelContext, item: TranscriptItem): string {
  const { formats } = context;
  const title = itemTitle(context, item);
  const parts = [
    title.length > MAX_TITLE ? `${title.slice(0, MAX_TITLE).trimEnd()}…` : title,
    ...(item.kind === 'tool_call' || item.kind === 'tool_result' ? [outcome(context, item.result)] : []),
    ...(item.timestamp === undefined ? [] : [formats.time(item.timestamp)]),
  ];
  return parts.join(', ');
}

function outcome({ strings, mayRun }: LabelContext, result: ToolResult | undefined): string {
  if (result === undefined) return mayRun ? strings.toolRunning : strings.toolNoResult;
  return isBad(result) ? strings.toolFailed : strings.toolOk;
}

/** Whether a tool did not do what it was to do: it says so itself, or the command's exit code does. */
export function isBad({ isError, exitCode }: ToolResult): boolean {
  return isError || (exitCode !== undefined && exitCode !== 0);
}
