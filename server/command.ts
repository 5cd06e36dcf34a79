import { homedir } from 'node:os';
import { runCli } from './doors/cli.ts';
import { lineLogger, type LogLevel } from './platform/logger.ts';
import { createServer } from './server.ts';
import { version } from './version.ts';

/** The `lockstep` command on a process: its arguments, environment and streams. Gives the exit code. */
export async function runCommand(process: NodeJS.Process): Promise<number> {
  const { stdin, stdout, stderr } = process;
  // A reader that has seen enough, such as `head`, is no error of ours.
  for (const output of [stdout, stderr]) output.on('error', () => undefined);
  const server = createServer({
    env: process.env,
    userHome: homedir(),
    logger: lineLogger((line) => stderr.write(line), logLevel(process.env['LOCKSTEP_LOG'])),
  });
  try {
    return await runCli(process.argv.slice(2), {
      registry: server.registry,
      onDidChange: server.onDidChange,
      version,
      stdin,
      stdout,
      stderr,
    });
  } finally {
    server.dispose();
  }
}

function logLevel(set: string | undefined): LogLevel {
  return set === 'debug' || set === 'info' || set === 'warn' ? set : 'error';
}
