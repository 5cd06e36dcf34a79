import { v7 as uuidv7 } from 'uuid';
import { toWireError } from './domain/errorCatalogue.ts';
import { CallFailed } from './doors/cli/commandError.ts';
import { EXIT } from './doors/cli/exitCodes.ts';
import { runCli } from './doors/cli/runCli.ts';
import { lineLogger, type LogLevel } from './platform/logger.ts';
import { outliveFileSizeLimit } from './platform/signals.ts';
import { systemErrorCode } from './platform/systemError.ts';
import { userHome } from './platform/userHome.ts';
import { createServer } from './server.ts';
import { version } from './version.ts';

/** The `lockstep` command on a process: its arguments, environment and streams. Gives the exit code. */
export async function runCommand(process: NodeJS.Process): Promise<number> {
  outliveFileSizeLimit();
  const { stdin, stdout, stderr } = process;
  let lost: Error | undefined;
  for (const output of [stdout, stderr]) {
    output.on('error', (error: Error) => {
      // A reader that has seen enough, such as `head`, is no error of ours; a full disk is.
      if (systemErrorCode(error) !== 'EPIPE') lost = error;
    });
  }
  const server = createServer({
    env: process.env,
    userHome: userHome(process.env),
    logger: lineLogger((line) => stderr.write(line), logLevel(process.env['LOCKSTEP_LOG'])),
  });
  try {
    const code = await runCli(process.argv.slice(2), {
      registry: server.registry,
      connect: server.connect,
      onDidChange: server.onDidChange,
      drive: (run, signal) =>
        server.drive(run, signal).catch((error: unknown) => {
          throw new CallFailed(toWireError(error, uuidv7()));
        }),
      sweepRuns: server.sweepRuns,
      version,
      stdin,
      stdout,
      stderr,
      env: process.env,
    });
    await Promise.all([flushed(stdout), flushed(stderr)]);
    if (!lost) return code;
    stderr.write(`lockstep: the output could not be written: ${lost.message}\n`);
    return EXIT.error;
  } finally {
    server.dispose();
  }
}

/** Nothing is logged unless it is asked for: what a call says on stderr is JSON. */
function logLevel(set: string | undefined): LogLevel | undefined {
  return set === 'debug' || set === 'info' || set === 'warn' || set === 'error' ? set : undefined;
}

/** Until all that was written before is out, or has failed. */
function flushed(output: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    output.write('', () => resolve());
  });
}
