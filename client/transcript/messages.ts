import * as z from 'zod';
import { cutText, itemKind, transcriptImage, transcriptItem } from '../../server/protocol/transcript.ts';
import { transcriptHit } from '../../server/protocol/transcriptMethods.ts';
import { transcriptHeader } from './header.ts';
import { transcriptStrings } from './strings.ts';

/** What a person is told of something that could not be read. */
const transcriptError = z.strictObject({
  title: z.string(),
  message: z.string(),
  explanation: z.string().optional(),
});
export type TranscriptError = z.infer<typeof transcriptError>;

const items = z.array(transcriptItem);
const position = z.int().min(0);
const kinds = z.array(itemKind).optional().describe('what the reader wants to see; everything where absent');

/** A reader's own number for something that is asked for, to tell its answers from those of an earlier one. */
const request = z.int().min(0);

/** The records at `start <= position < end` are loaded. */
const loaded = z.strictObject({
  start: position,
  end: position,
  atStart: z.boolean(),
  atEnd: z.boolean(),
  items,
});

/** Where a new window is looked at. */
const target = z.union([z.literal('end'), z.literal('start'), position]);
export type WindowTarget = z.infer<typeof target>;

const transcriptStatus = z.strictObject({
  loading: z.boolean().describe('a window is being read: the first, or another in its place'),
  loadingOlder: z.boolean(),
  loadingNewer: z.boolean().describe('records that exist are being read, not those that are still to come'),
  newCount: z.int().min(0).describe('items that came since the reader left the end'),
  failure: transcriptError.optional().describe('why the window that is wanted could not be read'),
  olderFailure: transcriptError.optional(),
  newerFailure: transcriptError.optional().describe('why what follows the window could not be read'),
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
    kinds,
    loaded: loaded.optional(),
    target: target.optional().describe('a place that was asked for while no guest was there to go to it'),
  }),
  z.strictObject({ type: z.literal('header'), header: transcriptHeader }),
  z.strictObject({ type: z.literal('status'), status: transcriptStatus }),
  z
    .strictObject({ type: z.literal('window'), ...loaded.shape, kinds, target })
    .describe('another part of the transcript, or of another transcript in its place'),
  z
    .strictObject({ type: z.literal('grown'), side: z.enum(['older', 'newer']), ...loaded.shape })
    .describe('more items on one side; what is outside of the range is no longer held'),
  z.strictObject({
    type: z.literal('found'),
    request,
    hits: z.array(transcriptHit).describe('in addition to those that were found before'),
    fraction: z.number().min(0).max(1).describe('of the transcript that was looked through'),
    restarted: z.boolean().describe('forget the earlier hits: the transcript was replaced'),
    failure: transcriptError.optional(),
  }),
  z.strictObject({
    type: z.literal('image'),
    ...transcriptImage.shape,
    mediaType: z.string().optional(),
    data: z.string().optional().describe('base64; absent where there is a problem'),
    problem: z.string().optional(),
  }),
  z.strictObject({
    type: z.literal('paths'),
    found: z.array(z.strictObject({ path: z.string(), exists: z.boolean() })),
  }),
  z.strictObject({ type: z.literal('openFind') }),
]);
export type HostMessage = z.infer<typeof hostMessage>;

/** Guest -> host. */
export const guestMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('ready') }),
  z.strictObject({
    type: z.literal('load'),
    side: z.enum(['older', 'newer']),
    from: position.describe(
      'the end of the window that the guest knows; asking twice for the same one loads once',
    ),
  }),
  z.strictObject({ type: z.literal('show'), target }),
  z
    .strictObject({ type: z.literal('reading'), position: position.optional() })
    .describe('where the reader is; absent at the end, following it'),
  z.strictObject({ type: z.literal('filter'), kinds, target }),
  z.strictObject({ type: z.literal('retry') }),
  z.strictObject({
    type: z.literal('copy'),
    text: z.string().optional().describe('where the guest has it whole'),
    cut: cutText.optional().describe('where it has not'),
  }),
  z
    .strictObject({ type: z.literal('find'), request, text: z.string().max(1000) })
    .describe('ends an earlier one; an empty text only ends it'),
  z.strictObject({ type: z.literal('image'), ...transcriptImage.shape }),
  z.strictObject({ type: z.literal('checkPaths'), paths: z.array(z.string().max(4096)).max(200) }),
  z.strictObject({
    type: z.literal('openPath'),
    path: z.string(),
    line: z.int().min(1).optional(),
    column: z.int().min(1).optional(),
  }),
  z.strictObject({ type: z.literal('openLink'), href: z.string() }),
  z.strictObject({
    type: z.literal('openText'),
    title: z.string(),
    language: z.string().optional(),
    text: z.string().optional().describe('where the guest has it whole'),
    cut: cutText.optional().describe('where it has not'),
  }),
  z.strictObject({
    type: z.literal('action'),
    command: z.string().describe("of the header's actions: no other is run"),
  }),
  z.strictObject({ type: z.literal('problem'), message: z.string() }),
]);
export type GuestMessage = z.infer<typeof guestMessage>;

/**
 * What VS Code keeps for a guest while it is hidden, and over a reload of the window. `anchor` is the item at the
 * top of the view; without one the reader is at the end. Whatever another version of Lockstep left there, the tab
 * stays: only whose transcript it is has to be known.
 */
export const guestState = z.object({
  ref: z.string(),
  title: z.string().catch(''),
  kinds: kinds.catch(undefined),
  anchor: z.strictObject({ id: z.string(), position, offset: z.number() }).optional().catch(undefined),
  open: z
    .array(z.strictObject({ id: z.string(), parts: z.array(z.string()) }))
    .describe('what is unfolded')
    .catch([]),
});
export type GuestState = z.infer<typeof guestState>;
