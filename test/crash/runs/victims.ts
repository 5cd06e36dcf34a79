import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { isAlive } from './ledger.ts';

/** The environment variable whose value the processes of one run have. */
export const TAG = 'LOCKSTEP_CRASH_TAG';

/** By their command lines: the first that fits. */
const SIGNS = {
  /** In a window's place, and the server behind it. */
  standIn: /runs\/standIn\.ts\0/,
  server: /^[^\0]*\0[^\0]*server\/cli\.ts\0rpc\0/,
  runner: /\/cli\.[jt]s\0drive\0/,
  supervisor: /\/supervisor\.[jt]s\0/,
  agent: /runs\/runAgent\.ts\0/,
  /** Of VS Code: the process of a window that runs our extension, and the server that this has started. */
  extensionHost: /\0--type=extensionHost\0/,
  languageServer: /\/dist\/server\.js\0/,
  editor: /\0out\/server-main\.js\0|\/lib\/vscode\//,
} as const;
export type Kind = keyof typeof SIGNS;

function kindOf(command: string): Kind | undefined {
  const kinds = Object.keys(SIGNS) as Kind[]; // oxlint-disable-line typescript/no-unsafe-type-assertion -- its own keys
  return kinds.find((kind) => SIGNS[kind].test(command));
}

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
      return { pid: Number(name), kind: kindOf(command), command: command.replaceAll('\0', ' ').trim() };
    });
}

/** Of an agent, or left behind by one. */
export function isOfAgent({ kind }: Tagged): boolean {
  return kind === 'agent' || kind === undefined;
}

/** There for a run, and for nothing else. */
export function isOfRun({ kind }: Tagged): boolean {
  return kind === 'runner' || kind === 'supervisor';
}

/** How long what is told to end may take: a supervisor gives an agent 5 s. */
const END_MS = 20_000;
const LOOK_MS = 50;

/** Waits until none of those that `which` picks is there any more. Gives those that stay. */
export async function whatStays(
  tag: string,
  which: (all: readonly Tagged[]) => readonly Tagged[],
): Promise<readonly Tagged[]> {
  const until = performance.now() + END_MS;
  for (;;) {
    const found = which(tagged(tag));
    if (found.length === 0 || performance.now() > until) return found;
    await pause(LOOK_MS);
  }
}

function read(pid: string, file: 'environ' | 'cmdline'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
