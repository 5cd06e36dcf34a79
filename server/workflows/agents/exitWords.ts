import type { ProcessExit } from '../supervisor/supervisedProcess.ts';

/** How a process ended, as a sentence, with the last line that it wrote to standard error. */
export function exitWords({ code, signal }: ProcessExit, stderr: string): string {
  const how =
    signal === undefined
      ? code === 0
        ? 'The agent ended without success'
        : `The agent ended with exit code ${code ?? 'unknown'}`
      : `The agent was ended by the signal ${signal}`;
  const last =
    stderr
      .trim()
      .split(/[\r\n]+/)
      .at(-1)
      ?.trim() ?? '';
  return last === '' ? `${how}.` : `${how}: ${last.slice(0, 500)}`;
}

/** 90 s, 30 min */
export function timeWords(ms: number): string {
  if (ms < 1000) return `${ms} ms`;
  const seconds = ms / 1000;
  return seconds > 120 ? `${rounded(seconds / 60)} min` : `${rounded(seconds)} s`;
}

/** 8 MiB, 500 bytes */
export function sizeWords(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, bytes)) / 10));
  return `${rounded(bytes / 1024 ** power)} ${units[power] ?? 'bytes'}`;
}

function rounded(value: number): string {
  return String(Math.round(value * 100) / 100);
}
