import { runsGet } from '../../protocol/workflowMethods.ts';
import { STDIN_IS_LIFE } from '../../workflows/run/launchRunner.ts';
import { defineCommand } from './commandSpec.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exitCodes.ts';
import { outcomeInWords, exitCodeOfRun } from './runWords.ts';
import { sessionId } from './sessionArgument.ts';
import { onEndingSignal } from './signals.ts';

export const drive = defineCommand({
  name: 'drive',
  group: 'For programs',
  summary: 'Drive a run in this process until it ends, parks or is paused',
  details:
    'It is what the process of a run does that lockstep run and VS Code start. A run has one such process: where another drives it, this ends with 5. SIGTERM, SIGHUP and Ctrl+C cancel what its agents are at, and leave the run to be driven again: lockstep resume.',
  arguments: [
    {
      name: '<run>',
      description: 'its id, or the beginning of it',
      needs: 'a run: its id, or the beginning of it (lockstep runs shows them)',
      completes: 'run',
    },
  ],
  examples: [
    {
      line: 'lockstep drive 019cdf3a-7b21',
      words: 'in the foreground, for a service manager or to look into a fault',
    },
  ],
  async run(context, [given = '']) {
    const id = await sessionId(context, given);
    const left = await driven(context, id);
    if (left !== undefined) return left;
    const run = await context.call(runsGet, { id });
    await context.answer(run, () => [`${id} ${outcomeInWords(run)}`]);
    return exitCodeOfRun(run);
  },
});

/** Gives the exit code of the signal where one ended it, and undefined where the run stands still by itself. */
async function driven({ door }: CommandContext, id: string): Promise<number | undefined> {
  const ending = new AbortController();
  let code: number | undefined;
  const end = (signal: number) => {
    code ??= signal;
    ending.abort();
  };
  const signals = onEndingSignal(end);
  // Who started it has asked for it to end with them.
  if (door.env[STDIN_IS_LIFE] === '1') door.stdin.once('close', () => end(EXIT.error)).resume();
  try {
    return (await door.drive(id, ending.signal)) === 'left' ? code : undefined;
  } finally {
    signals.dispose();
    // Read on, it would keep this process for as long as who started it is there.
    door.stdin.pause();
  }
}
