import { join } from 'node:path';
import { installedPackage } from '../support/installedPackage.ts';

/** The last release of the file era: what Lockstep follows. */
export const VERSION = '2026.7.1-2';

/**
 * `openclaw` from npm, in a folder; what is there already is used again.
 *
 * Its optional packages and install scripts are left out: channels and native parts, which no session needs.
 *
 * @returns the absolute path of its command's file
 * @throws Error with npm's own words where it cannot be installed
 */
export async function installedOpenclaw(folder: string): Promise<string> {
  return join(await installedPackage(folder, { name: 'openclaw', version: VERSION }), 'openclaw.mjs');
}
