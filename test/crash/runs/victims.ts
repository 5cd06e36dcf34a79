import { readdirSync, readFileSync } from 'node:fs';
import { isAlive } from './ledger.ts';

/** The environment variable whose value the processes of one run have. */
export const TAG = 'LOCKSTEP_CRASH_TAG';

export const KINDS = ['runner', 'supervisor', 'agent', 'server', 'window'] as const;
export type Kind = (typeof KINDS)[number];

/** By their command lines. */
const SIGNS: Readonly<Record<Kind, RegExp>> = {
  window: /runs\/window\.ts\0/,
  server: /^[^\0]*\0[^\0]*server\/cli\.ts\0rpc\0/,
  runner: /server\/cli\.ts\0drive\0/,
  supervisor: /server\/supervisor\.ts\0/,
  agent: /runs\/runAgent\.ts\0/,
};

export interface Tagged {
  readonly pid: number;
  /** Undefined for what an agent has left behind, and for what is just being started. */
  readonly kind: Kind | undefined;
  readonly command: string;
}

/** The living processes that have a tag, but for this one. */
export function tagged(tag: string): readonly Tagged[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .filter((name) => read(name, 'environ').includes(`${TAG}=${tag}`) && isAlive(Number(name)))
    .map((name) => {
      const command = read(name, 'cmdline');
      const kind = KINDS.find((kind) => SIGNS[kind].test(command));
      return { pid: Number(name), kind, command: command.replaceAll('\0', ' ').trim() };
    });
}

function read(pid: string, file: 'environ' | 'cmdline'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
