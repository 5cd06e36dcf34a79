import { CommanderError } from 'commander';
import { CallFailed, CommandFailed, UsageError } from './commandError.ts';
import type { CliCommand } from './commandSpec.ts';
import { commands } from './commands.ts';
import { CommandContext } from './context.ts';
import type { CliDoor } from './door.ts';
import { errorInWords, exitCodeOf } from './errorWords.ts';
import { EXIT } from './exitCodes.ts';
import { createProgram, problemOf } from './program.ts';
import { terminalOf } from './terminal.ts';

/** Help is read best at no more than this, however wide the terminal is. */
const WIDEST_HELP = 110;

/** Runs one command line and gives its exit code. Never throws for what a user did. */
export async function runCli(line: readonly string[], door: CliDoor): Promise<number> {
  const spec = commands.find(({ name }) => name === line[0]);
  const [help, about = 'help'] = line;
  // The parser would print all of the help.
  if (help === 'help' && !['help', ...commands.map(({ name }) => name)].includes(about))
    return sayUsage(`there is no command ${about}`, undefined, door);
  // The parser would take the options of the user's command for ours, and forget where it began.
  const end = spec?.takesCommand === true ? line.indexOf('--') : -1;
  const [own, theirs] = end === -1 ? [line, []] : [line.slice(0, end), line.slice(end + 1)];
  const asksForHelp = own.includes('--help') || own.includes('-h');
  if (spec?.takesCommand === true && !asksForHelp && (theirs[0] ?? '') === '')
    return sayUsage(`${spec.name} needs a command after --`, spec, door);
  let code: number = EXIT.ok;
  const program = createProgram({
    version: door.version,
    columns: Math.min(terminalOf(door.stdout)?.columns ?? 80, WIDEST_HELP),
    writeOut: (text) => void door.stdout.write(text),
    writeErr: (text) => void door.stderr.write(text),
    run: async (command, args, given) => {
      code = await runOne(command, [...args, ...theirs], given, door);
    },
  });
  try {
    await program.parseAsync([...own], { from: 'user' });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const problem = problemOf(error, spec);
    if (problem === undefined) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return sayUsage(problem, spec, door);
  }
}

async function runOne(
  command: CliCommand,
  args: readonly string[],
  given: unknown,
  door: CliDoor,
): Promise<number> {
  const context = new CommandContext(door, wantsJson(given));
  try {
    return (await command.run(context, args, given)) ?? EXIT.ok;
  } catch (error) {
    if (error instanceof UsageError) {
      const own = error.message.startsWith('needs') ? `${command.name} ${error.message}` : error.message;
      return sayUsage(own, command, door);
    }
    if (error instanceof CommandFailed) {
      door.stderr.write(`lockstep: ${error.message}\n`);
      return EXIT.error;
    }
    if (!(error instanceof CallFailed)) throw error;
    const text = context.json
      ? `${JSON.stringify(error.error, null, 2)}\n`
      : errorInWords(error.error, command.name);
    door.stderr.write(text);
    return exitCodeOf(error.error);
  }
}

function sayUsage(problem: string, command: CliCommand | undefined, door: CliDoor): number {
  const more = command ? `, and lockstep ${command.name} --help` : '';
  door.stderr.write(`lockstep: ${problem}\nSee lockstep --help${more}.\n`);
  return EXIT.usage;
}

function wantsJson(given: unknown): boolean {
  return typeof given === 'object' && given !== null && 'json' in given && given.json === true;
}
