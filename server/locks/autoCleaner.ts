import type { Disposable } from '../platform/disposable.ts';
import type { Logger } from '../platform/logger.ts';
import { locksClean } from '../protocol/lockMethods.ts';
import type { LockCleaner } from './cleaner.ts';
import type { AutoClean } from './lockSettings.ts';

const EVERY_MS = 5 * 60_000;

/** Removes stale locks at once and every five minutes. What goes wrong is logged; the next turn tries again. */
export function startAutoCleaner(cleaner: LockCleaner, which: AutoClean, logger: Logger): Disposable {
  if (which === 'off') return { dispose: () => undefined };
  const params = locksClean.params.parse({
    dryRun: false,
    ...(which === 'own' ? { formats: ['lockstep'] } : {}),
  });
  async function clean(): Promise<void> {
    try {
      const { removed } = await cleaner.clean(params);
      for (const { path, session, reasons } of removed) {
        logger.log('info', 'Removed a stale lock', { path, session, reasons });
      }
    } catch (error) {
      logger.log('warn', 'Stale locks could not be cleaned', { error: String(error) });
    }
  }
  void clean();
  const timer = setInterval(() => void clean(), EVERY_MS).unref();
  return { dispose: () => clearInterval(timer) };
}
