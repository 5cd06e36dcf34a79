import { readdir, readFile } from 'node:fs/promises';

/** In MiB; of Linux's /proc, so there alone. */
export interface ProcessMemory {
  readonly now: number;
  readonly peak: number;
}

/** Of the one process whose command line has all the parts; throws where there is none, or more than one. */
export async function memoryOf(...commandLineParts: readonly string[]): Promise<ProcessMemory> {
  const found: string[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    // A process may end while it is looked at.
    const commandLine = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '');
    if (commandLineParts.every((part) => commandLine.includes(part))) found.push(name);
  }
  const [pid] = found;
  if (pid === undefined || found.length > 1) {
    throw new Error(`${found.length} processes have ${commandLineParts.join(' and ')} in their command line`);
  }
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (name: string) => {
    const kibibytes = new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)?.[1];
    if (kibibytes === undefined) throw new Error(`/proc/${pid}/status has no ${name}`);
    return Number(kibibytes) / 1024;
  };
  return { now: mebibytes('VmRSS'), peak: mebibytes('VmHWM') };
}
