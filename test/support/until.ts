import { setTimeout as pause } from 'node:timers/promises';

/** Until something is so that nothing tells of by itself. The suite's time limit ends what never comes. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await pause(5);
}
