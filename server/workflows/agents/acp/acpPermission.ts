import type { RequestPermissionResponse } from '@agentclientprotocol/sdk';
import * as z from 'zod';
import type { PermissionOption, PermissionRequest } from '../agent.ts';
import { text } from '../streams/reported.ts';

/** Characters of what is asked, which may be a long command. */
const MAX_TITLE = 4_000;
const MAX_NAME = 1_000;
const MAX_OPTIONS = 50;

const params = z.looseObject({
  toolCall: z.looseObject({ title: text, name: text, kind: text }),
  options: z
    .array(
      z.looseObject({
        optionId: z.string(),
        name: z.string(),
        kind: z.enum(['allow_once', 'allow_always', 'reject_once', 'reject_always']),
      }),
    )
    .max(MAX_OPTIONS),
});

/** The request of an agent as a question to a person; undefined where it is none. */
export function permissionQuestion(value: unknown, id: string): PermissionRequest | undefined {
  const read = params.safeParse(value);
  if (!read.success) return undefined;
  const { toolCall, options } = read.data;
  const title = toolCall.title ?? toolCall.name ?? toolCall.kind ?? 'The agent asks for a permission';
  return {
    type: 'permission',
    id,
    title: shortened(title, MAX_TITLE),
    options: options.map(({ optionId, name, kind }) => ({
      id: optionId,
      name: shortened(name, MAX_NAME),
      kind,
    })),
  };
}

/** A person may be asked to allow what they do not see whole: that is said. */
function shortened(whole: string, most: number): string {
  const left = whole.length - most;
  return left <= 0 ? whole : `${whole.slice(0, most)}… (${left} more characters are not shown)`;
}

export const CANCELLED: RequestPermissionResponse = { outcome: { outcome: 'cancelled' } };

/** `chosen` undefined, or none of the options: refused, by an option that says so where there is one. */
export function permissionAnswer(
  options: readonly PermissionOption[],
  chosen: string | undefined,
): RequestPermissionResponse {
  const option =
    options.find(({ id }) => id === chosen) ??
    options.find(({ kind }) => kind === 'reject_once') ??
    options.find(({ kind }) => kind === 'reject_always');
  return option === undefined ? CANCELLED : { outcome: { outcome: 'selected', optionId: option.id } };
}
