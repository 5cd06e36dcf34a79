import * as z from 'zod';
import { sourceKind } from './sourceSession.ts';

/** Sent by long-lived doors when the store's revision has grown, whoever raised it. */
export const didChange = {
  name: 'lockstep/didChange',
  params: z.strictObject({ revision: z.int().min(0) }),
};

/** Sent by the LSP door when files of these sources were added, changed or removed. */
export const sourcesDidChange = {
  name: 'lockstep/sourcesDidChange',
  params: z.strictObject({ kinds: z.array(sourceKind) }),
};
