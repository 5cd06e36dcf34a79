import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readSmallFile } from '../../platform/smallFile.ts';

const FOLDER = 'runs';
const ENDING = '.log';
/** A file that is larger is begun anew, in bytes. */
const MAX_BYTES = 64 * 1024;
/** So much of one is read, in bytes. */
const MAX_READ = 16 * MAX_BYTES;
/** Of a reason, in UTF-16 units. */
const MAX_REASON = 1000;
/** What a process says before is not of the one that came after it. */
const BEGINNING = '--- ';
/** So begins what the `lockstep` command says of an error. */
const OURS = 'lockstep: ';
/** So begins what the runtime says of one that nobody has caught. */
const CRASH = /^(?:[A-Z]\w*Error|FATAL ERROR)\b/;
// Windows has no such flag.
const NO_LINK = process.platform === 'win32' ? 0 : constants.O_NOFOLLOW;

/**
 * What the processes that drive runs say on stderr, where nobody listens: a file for each run in the folder of the store.
 * It is there for the day on which the store itself cannot be written. So it is written with plain appends, as far as that
 * goes; where it does not, the reason is lost, and nothing else.
 */
export class RunLogs {
  readonly #folder: string;

  /** @param home  the folder of the store */
  constructor(home: string) {
    this.#folder = join(home, FOLDER);
  }

  /** The stderr of a process that is about to be started; the caller closes its own. Undefined where there can be none. */
  open(run: string): number | undefined {
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      const flags = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY | NO_LINK;
      const file = openSync(this.#pathOf(run), flags, 0o600);
      begin(file);
      return file;
    } catch {
      return undefined;
    }
  }

  /** A process is about to drive the run: what was said before is not its. */
  begin(run: string): void {
    const file = this.open(run);
    if (file !== undefined) closeSync(file);
  }

  /** Nothing is left to tell. */
  remove(run: string): void {
    try {
      rmSync(this.#pathOf(run), { force: true });
    } catch {
      // Read-only, or in use: its last beginning says that it tells nothing.
    }
  }

  /** The runs that have a file. */
  async runs(): Promise<string[]> {
    const names = await readdir(this.#folder).catch(() => []);
    return names
      .filter((name) => name.endsWith(ENDING))
      .map((name) => runOf(name.slice(0, -ENDING.length)))
      .filter((run) => run !== undefined);
  }

  /** Why the last process that drove the run has gone, as it said itself; undefined where it said nothing. */
  async reason(run: string): Promise<string | undefined> {
    const path = this.#pathOf(run);
    const read = await readSmallFile(path, MAX_READ).catch(() => undefined);
    if (read === undefined) return undefined;
    if (read.content === undefined) return `What its process said is in ${path}.`;
    return reasonIn(read.content.toString('utf8'))?.slice(0, MAX_REASON);
  }

  /** Ids are UUIDs, unless somebody has imported others. */
  #pathOf(run: string): string {
    return join(this.#folder, `${encodeURIComponent(run.toWellFormed())}${ENDING}`);
  }
}

function runOf(name: string): string | undefined {
  try {
    return decodeURIComponent(name);
  } catch {
    return undefined;
  }
}

function begin(file: number): void {
  try {
    if (fstatSync(file).size > MAX_BYTES) ftruncateSync(file);
    // With it the file has its block of the disk: a sentence more goes into that, also when the disk is full.
    writeSync(file, `\n${BEGINNING}${new Date().toISOString()}: a process is to drive the run\n`);
  } catch {
    // What is said may still find its way.
  }
}

function reasonIn(text: string): string | undefined {
  const lines = text.split('\n').map((line) => line.trimEnd());
  const last = lines.findLastIndex((line) => line.startsWith(BEGINNING));
  const said = lines.slice(last + 1).filter((line) => line !== '');
  const own = said.findLast((line) => line.startsWith(OURS))?.slice(OURS.length);
  return own ?? said.find((line) => CRASH.test(line)) ?? said.at(-1);
}
