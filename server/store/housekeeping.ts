import type { Clock } from '../platform/clock.ts';
import type { Disposable } from '../platform/disposable.ts';
import type { Logger } from '../platform/logger.ts';
import { TRASH_DAYS } from '../protocol/sessionTrashMethods.ts';
import type { Backups } from './backups.ts';
import type { SessionStore } from './sessionStore.ts';

/** Not at once, when everybody waits for the first list; and commands that end soon need not do it. */
const FIRST_MS = 15_000;
const EVERY_MS = 3_600_000;

export interface HousekeepingParts {
  readonly sessions: SessionStore;
  readonly backups: Backups;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The daily backup, the emptying of the trash, and what others left. What fails is tried again the next time. */
export async function keepHouse({ sessions, backups, clock, logger }: HousekeepingParts): Promise<void> {
  const chore = async (name: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      logger.log('warn', `${name} failed`, { error: String(error) });
    }
  };
  await chore('The daily backup', async () => {
    const made = await backups.makeDaily();
    if (made) logger.log('info', `Backup written to ${made.path}`, { bytes: made.bytes });
  });
  await chore('Emptying the trash', async () => {
    const destroyed = await sessions.emptyTrash(clock.now() - TRASH_DAYS * 86_400_000);
    if (destroyed > 0)
      logger.log('info', `${destroyed} sessions were in the trash for ${TRASH_DAYS} days and are gone`);
  });
  await chore('Removing leftovers', async () => backups.removeLeftovers());
}

/** Keeps house now and then, for as long as a process runs; keeps no process alive. */
export function startHousekeeping(parts: HousekeepingParts): Disposable {
  const run = () => void keepHouse(parts);
  const first = setTimeout(run, FIRST_MS).unref();
  const every = setInterval(run, EVERY_MS).unref();
  return {
    dispose: () => {
      clearTimeout(first);
      clearInterval(every);
    },
  };
}
