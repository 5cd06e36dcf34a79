import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { systemErrorReason } from '../../platform/systemError.ts';
import { runnerEntry } from './runnerEntry.ts';
import type { RunLogs } from './runLogs.ts';

/** To the runner: the other end of its stdin is who it ends with. */
export const STDIN_IS_LIFE = 'LOCKSTEP_STDIN_IS_LIFE';

/** How long a runner may take to take its run, in milliseconds; it goes on taking it after that. */
const TAKE_MS = 20_000;
const LOOK_MS = 50;

export interface LaunchParts {
  /** Ours, which the runner gets. */
  readonly env: NodeJS.ProcessEnv;
  /** The folder of the store. */
  readonly home: string;
  /** It ends with this process. Otherwise it outlives it. */
  readonly endsWithUs: boolean;
  readonly logs: Pick<RunLogs, 'open'>;
}

/**
 * Starts the process that drives a run, and waits until `isTaken`, or until it has ended. Gives how it has ended, as a
 * sentence, where it has: that may be right, with the run.
 */
export async function launchRunner(
  id: string,
  parts: LaunchParts,
  isTaken: () => Promise<boolean>,
): Promise<string | undefined> {
  const child = spawnRunner(id, parts);
  const ended = endOf(child);
  child.unref();
  // That the runner has ended is told by its end, not by its pipe.
  child.stdin?.on('error', () => undefined);
  const waiting = new AbortController();
  const looks = async () => {
    const until = performance.now() + TAKE_MS;
    while (!waiting.signal.aborted && performance.now() < until && !(await isTaken())) await pause(LOOK_MS);
  };
  try {
    return await Promise.race([looks().then(() => undefined), ended]);
  } finally {
    waiting.abort();
  }
}

function spawnRunner(id: string, { env, home, endsWithUs, logs }: LaunchParts): ChildProcess {
  const log = logs.open(id);
  try {
    return spawn(process.execPath, [runnerEntry(), 'drive', id], {
      // A folder that stays: it may outlive the workspace.
      cwd: home,
      env: {
        ...env,
        LOCKSTEP_HOME: home,
        // A debugger that is asked for is not for this one.
        NODE_OPTIONS: undefined,
        // Of what it says, its reason to end is kept, and no log.
        LOCKSTEP_LOG: undefined,
        // VS Code's own runtime is an editor unless it is told otherwise.
        ...('electron' in process.versions ? { ELECTRON_RUN_AS_NODE: '1' } : {}),
        [STDIN_IS_LIFE]: endsWithUs ? '1' : undefined,
      },
      detached: !endsWithUs,
      windowsHide: true,
      stdio: [endsWithUs ? 'pipe' : 'ignore', 'ignore', log ?? 'ignore'],
    });
  } finally {
    if (log !== undefined) closeSync(log);
  }
}

async function endOf(child: ChildProcess): Promise<string> {
  try {
    await once(child, 'exit');
  } catch (error) {
    return `It could not be started: ${systemErrorReason(error)}.`;
  }
  const { exitCode, signalCode } = child;
  return exitCode === null
    ? `It was ended by ${signalCode ?? 'a signal'}.`
    : `It has ended with the exit code ${exitCode}.`;
}
