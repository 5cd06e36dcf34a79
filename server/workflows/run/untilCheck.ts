import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { ProcessGroup } from '../supervisor/processGroup.ts';
import { superviseProcess, type AgentProcess } from '../supervisor/supervisedProcess.ts';

/** Of what the command prints, the end, in UTF-16 units: the next iteration is given it. */
const MAX_TAIL = 16 * 1024;

export interface UntilResult {
  /** Whether the command ended with 0. */
  readonly holds: boolean;
  /** What it printed, both streams in the order in which it came. */
  readonly output: string;
  /** Why it does not hold, where the command itself did not say so. */
  readonly message?: string;
}

/**
 * Runs the shell command that says whether a step is done, as an agent is run: in a group that ends with it, and that is
 * told to `onStarted`, to be recorded.
 */
export async function untilHolds(
  command: AgentProcess,
  onStarted: (group: ProcessGroup) => void | Promise<void>,
  signal: AbortSignal,
): Promise<UntilResult> {
  const check = superviseProcess(command);
  const end = () => check.end();
  signal.addEventListener('abort', end);
  if (signal.aborted) end();
  check.stdin.end();
  let output = '';
  const read = async (stream: Readable) => {
    const decoder = new StringDecoder('utf8');
    const take = (text: string) => (output = `${output}${text}`.slice(-MAX_TAIL));
    for await (const chunk of stream as AsyncIterable<Buffer>) take(decoder.write(chunk));
    take(decoder.end());
  };
  const isStarted = check.started.then((started) => started && onStarted(started));
  isStarted.catch(end);
  try {
    // A pipe that is closed without its end was held by a process that has escaped: what was read is what there is.
    await Promise.allSettled([isStarted, read(check.stdout), read(check.stderr)]);
    const exit = await check.exited;
    await isStarted;
    const holds = exit.reason === 'exit' && exit.code === 0;
    const message = exit.reason === 'timeout' ? 'The command took too long, and was ended.' : exit.message;
    return { holds, output, ...(holds || message === undefined ? {} : { message }) };
  } finally {
    signal.removeEventListener('abort', end);
    check.end();
    await check.exited;
  }
}
