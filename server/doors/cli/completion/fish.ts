import { allFlags, takesValue, type CliCommand, type Completable } from '../commandSpec.ts';

/** What fish completes with: one `complete` for each thing that can stand somewhere. */
export function fishCompletion(commands: readonly CliCommand[]): string {
  return `# Completion of lockstep for fish. Use it: lockstep completion fish > ~/.config/fish/completions/lockstep.fish
function __lockstep_sessions
    command lockstep list --names $argv 2> /dev/null
end
function __lockstep_methods
    command lockstep methods 2> /dev/null | string replace -r ' +' \\t
end

complete -c lockstep -f
complete -c lockstep -n __fish_use_subcommand -s v -l version -d 'print the version'
complete -c lockstep -n __fish_use_subcommand -a help -d 'Print the help of a command'
${commands.flatMap(linesOf).join('\n')}
`;
}

function linesOf({ name, summary, options, arguments: args }: CliCommand): string[] {
  const within = `complete -c lockstep -n '__fish_seen_subcommand_from ${name}'`;
  return [
    `complete -c lockstep -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
    ...options
      .filter(({ hidden }) => hidden !== true)
      .map((option) => {
        const written = allFlags(option).map((flag) =>
          flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
        );
        const value = takesValue(option) ? ` -r${action(option)}` : '';
        return `${within} ${written.join(' ')}${value} -d ${quoted(option.description)}`;
      }),
    ...args.flatMap((argument) => {
      const done = action(argument);
      return done === '' ? [] : [`${within}${done}`];
    }),
  ];
}

function action({ completes, choices }: Completable): string {
  if (choices) return ` -a ${quoted(choices.join(' '))}`;
  switch (completes) {
    case 'session':
      return " -a '(__lockstep_sessions --archived)'";
    case 'run':
      return " -a '(__lockstep_sessions --kind workflow)'";
    case 'trashed':
      return " -a '(__lockstep_sessions --trash)'";
    case 'method':
      return " -a '(__lockstep_methods)'";
    case 'file':
      return ' -F';
    case 'folder':
      return " -a '(__fish_complete_directories)'";
    case 'command':
      return " -a '(__fish_complete_command)'";
    case undefined:
      return '';
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
