import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { getuid } from 'node:process';
import { fileURLToPath } from 'node:url';

/** The command from its source, so that these tests need no build. The built one is tested by the packaging suite. */
export const CLI = fileURLToPath(new URL('../../server/cli.ts', import.meta.url));

export interface RunOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly stdin?: string;
  /** Run without root's power over permissions: as root every file is writable, and a test of that proves nothing. */
  readonly unprivileged?: boolean;
  /** A program and arguments that run the command, such as a shell that first mounts something. */
  readonly under?: readonly string[];
  /** Another build of the command than the sources. */
  readonly cli?: string;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export function spawnCommand(args: readonly string[], options: RunOptions = {}): ChildProcess {
  // util-linux, which every Linux has; a user other than root has no such power to begin with.
  const drop =
    options.unprivileged === true && getuid?.() === 0
      ? ['setpriv', '--inh-caps=-all', '--bounding-set=-all']
      : [];
  const [program = process.execPath, ...rest] = [
    ...(options.under ?? []),
    ...drop,
    process.execPath,
    options.cli ?? CLI,
    ...args,
  ];
  return spawn(program, rest, { env: { ...process.env, ...options.env }, stdio: ['pipe', 'pipe', 'pipe'] });
}

/** Runs the command to its end. */
export async function runCommand(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const child = spawnCommand(args, options);
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin?.end(options.stdin ?? '');
  await once(child, 'close');
  return { code: child.exitCode, stdout, stderr };
}
