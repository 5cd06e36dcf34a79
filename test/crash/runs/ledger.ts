import { existsSync, readFileSync } from 'node:fs';

/** What an agent wrote down: that it began, or ended, or that it found an earlier one of its step alive. */
export interface LedgerLine {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly what: string;
  readonly step: string;
  readonly iteration: number;
  readonly pid: number;
}

/** With this file beside the ledger of a run, its steps are done: until then it goes on. */
export function enoughPath(ledger: string): string {
  return `${ledger}.enough`;
}

/** While this file is there, no iteration of the run ends by itself. */
export function holdPath(ledger: string): string {
  return `${ledger}.hold`;
}

export function parseLedger(path: string): readonly LedgerLine[] {
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [time, what = '', step = '', iteration, pid] = line.split(' ');
      return { time: Number(time), what, step, iteration: Number(iteration), pid: Number(pid) };
    });
}

/** A process that has ended and was not asked how is not. */
export function isAlive(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
