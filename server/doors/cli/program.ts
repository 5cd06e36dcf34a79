import { Command, CommanderError, Option, type Argument } from 'commander';
import { COMMAND_GROUPS, type CliCommand, type OptionSpec } from './commandSpec.ts';
import { commands } from './commands.ts';
import { EXIT_WORDS } from './exitCodes.ts';

export interface ProgramParts {
  readonly version: string;
  /** As wide as help may be. */
  readonly columns: number;
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
  readonly run: (command: CliCommand, args: readonly string[], given: unknown) => Promise<void>;
}

const EXIT_CODES_TEXT = EXIT_WORDS.map(([code, words]) => `  ${String(code).padEnd(4)} ${words}`).join('\n');

const AFTER_HELP = `
A session is named by its id, the beginning of it, or its label. Left out where it
may be, it is $LOCKSTEP_SESSION, which with-lease sets for its command.

Exit codes:
${EXIT_CODES_TEXT}
call, rpc, methods and doctor know 0, 1 and 2 alone; with-lease ends with the exit
code of its command.

The store is the file lockstep.db in $LOCKSTEP_HOME, ~/.lockstep if unset. Every
command has --help, with examples; most have --json.

Examples:
  id=$(lockstep start 'Fix the login test' --max-iterations 10)
  while lockstep iterate "$id"; do ./agent.sh || break; done
  lockstep list --status active,paused
  lockstep run fix-tests.lockstep.yaml
  lockstep watch
  lockstep with-lease login-fix -- ./agent.sh
`;

/** The parser of command lines, made from the table of the commands. It ends nothing: what it ends with, it throws. */
export function createProgram(parts: ProgramParts): Command {
  const program = new Command('lockstep')
    .description('Sessions of AI agents: bounded, pausable, resumable.')
    .usage('<command> [arguments]')
    .version(parts.version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this, or the help of a command')
    .helpCommand('help [command]', 'print the help of a command')
    .configureOutput({
      writeOut: parts.writeOut,
      writeErr: parts.writeErr,
      getOutHelpWidth: () => parts.columns,
      getErrHelpWidth: () => parts.columns,
      // Errors come out by exitOverride, and are put into words where they are caught.
      outputError: () => undefined,
    })
    .configureHelp({
      subcommandTerm: (command) =>
        [command.name(), ...command.registeredArguments.map(argumentTerm)].join(' '),
    })
    .exitOverride()
    .addHelpText('after', AFTER_HELP);
  for (const group of COMMAND_GROUPS) {
    for (const spec of commands.filter((command) => command.group === group))
      program.addCommand(createCommand(spec, program, parts));
  }
  return program;
}

function argumentTerm(argument: Argument): string {
  const name = argument.name() + (argument.variadic ? '...' : '');
  return argument.required ? `<${name}>` : `[${name}]`;
}

function createCommand(spec: CliCommand, program: Command, { run }: ProgramParts): Command {
  const command = new Command(spec.name)
    .copyInheritedSettings(program)
    .helpOption('-h, --help', 'print this')
    .helpGroup(`${spec.group}:`)
    .summary(spec.summary)
    .description([`${spec.summary}.`, ...(spec.details === undefined ? [] : [spec.details])].join('\n\n'));
  if (spec.takesCommand === true)
    command.usage(`[options] ${spec.arguments.map(({ name }) => name).join(' ')} -- <command> [arguments]`);
  for (const { name, description } of spec.arguments) command.argument(name, description);
  for (const one of spec.options) command.addOption(createOption(one));
  command.addHelpText('after', `\n${examplesText(spec)}`);
  command.action(() => run(spec, command.args, command.opts()));
  return command;
}

function createOption({ flags, description, preset, hidden, repeats, choices }: OptionSpec): Option {
  const offered = choices === undefined ? '' : `: ${choices.join(', ')}`;
  const made = new Option(flags, description + offered);
  if (preset !== undefined) made.default(preset, preset);
  if (repeats === true)
    made.argParser<string[]>((value, before) => [...(Array.isArray(before) ? before : []), value]);
  return hidden === true ? made.hideHelp() : made;
}

function examplesText({ examples }: CliCommand): string {
  return ['Examples:', ...examples.flatMap(({ line, words }) => [`  ${line}`, `      ${words}`])].join('\n');
}

/** What is wrong with a command line, in our words; undefined where the parser ended with no error. */
export function problemOf(error: unknown, spec: CliCommand | undefined): string | undefined {
  if (!(error instanceof CommanderError) || error.exitCode === 0) return undefined;
  const message = error.message.replace(/^error: /, '');
  const name = spec?.name ?? '';
  switch (error.code) {
    case 'commander.help':
      return undefined;
    case 'commander.unknownCommand':
      return message.replace(/^unknown command '(.*)'/s, 'there is no command $1');
    case 'commander.missingArgument': {
      const missing = /'(.+)'/.exec(message)?.[1] ?? 'argument';
      const argument = spec?.arguments.find((one) => one.name.replaceAll(/[<>[\].]/g, '') === missing);
      return `${name} needs ${argument?.needs ?? argument?.description ?? missing}`;
    }
    case 'commander.excessArguments':
      return spec?.excess ?? `${name} takes ${argumentsInWords(spec?.arguments.length ?? 0)}`;
    case 'commander.optionMissingArgument':
      return message.replace(/^option '(?:-\w, )?(\S+) <(.+)>' argument missing$/, '$1 needs a $2');
    default:
      return message;
  }
}

function argumentsInWords(count: number): string {
  if (count === 0) return 'no arguments';
  return count === 1
    ? 'one argument; quote what belongs together'
    : `at most ${count} arguments; quote what belongs together`;
}
