import * as z from 'zod';
import { transcriptItem } from '../../server/protocol/transcript.ts';
import { transcriptHeader } from './header.ts';
import { transcriptStrings } from './strings.ts';

/** What a person is told of a page that could not be read. */
export const transcriptError = z.strictObject({
  title: z.string(),
  message: z.string(),
  explanation: z.string().optional(),
});
export type TranscriptError = z.infer<typeof transcriptError>;

const items = z.array(transcriptItem);
const position = z.int().min(0);

/** The part of the transcript that is loaded: from `start` to its end. */
const loaded = z.strictObject({ items, start: position, atStart: z.boolean() });

export const transcriptStatus = z.strictObject({
  loading: z.boolean().describe('the end is being read for the first time, or again after a failure'),
  loadingOlder: z.boolean(),
  failure: transcriptError.optional().describe('why the end, or what is new since, could not be read'),
  olderFailure: transcriptError.optional(),
});
export type TranscriptStatus = z.infer<typeof transcriptStatus>;

/**
 * Host -> guest. `init` answers `ready` with everything there is, since a guest that was hidden starts from
 * nothing; after it come the changes. A guest takes no other message before its `init`.
 */
export const hostMessage = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('init'),
    ref: z.string(),
    locale: z.string(),
    strings: transcriptStrings,
    header: transcriptHeader,
    status: transcriptStatus,
    loaded: loaded.optional(),
  }),
  z.strictObject({ type: z.literal('header'), header: transcriptHeader }),
  z.strictObject({ type: z.literal('status'), status: transcriptStatus }),
  z.strictObject({ type: z.literal('reset'), ...loaded.shape }),
  z.strictObject({ type: z.literal('older'), ...loaded.shape }),
  z.strictObject({ type: z.literal('newer'), items }),
]);
export type HostMessage = z.infer<typeof hostMessage>;

/** Guest -> host. */
export const guestMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({
    type: z.literal('loadOlder'),
    before: position.describe('the `start` that the guest knows; asking twice for the same one loads once'),
  }),
  z.strictObject({ type: z.literal('retry') }),
  z.strictObject({ type: z.literal('copy'), text: z.string() }),
  z.strictObject({ type: z.literal('problem'), message: z.string() }),
]);
export type GuestMessage = z.infer<typeof guestMessage>;

/**
 * What VS Code keeps for a guest while it is hidden, and over a reload of the window. `anchor` is the item at the
 * top of the view; without one the reader is at the end.
 */
export const guestState = z.strictObject({
  ref: z.string(),
  title: z.string(),
  anchor: z.strictObject({ id: z.string(), offset: z.number() }).optional(),
  open: z.array(z.strictObject({ id: z.string(), parts: z.array(z.string()) })).describe('what is unfolded'),
});
export type GuestState = z.infer<typeof guestState>;
