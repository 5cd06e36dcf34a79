import { allFlags, takesValue, type CliCommand, type Completable } from '../commandSpec.ts';

/** What zsh completes with: `_arguments` for each command. */
export function zshCompletion(commands: readonly CliCommand[]): string {
  return `#compdef lockstep
# Completion of lockstep for zsh. Use it: source <(lockstep completion zsh), after compinit
_lockstep_sessions() {
  local -a names texts
  local name text
  while IFS=$'\\t' read -r name text; do
    names+=("$name")
    texts+=("$name  $text")
  done < <("$words[1]" list --names "$@" 2> /dev/null)
  compadd -l -d texts -a names
}
_lockstep_open_sessions() { _lockstep_sessions --archived; }
_lockstep_runs() { _lockstep_sessions --kind workflow; }
_lockstep_trashed_sessions() { _lockstep_sessions --trash; }
_lockstep_methods() {
  local -a names
  names=(\${(f)"$("$words[1]" methods 2> /dev/null | while read -r name rest; do print -r -- "$name"; done)"})
  compadd -a names
}

_lockstep() {
  local -a commands
  commands=(
${commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`).join('\n')}
    'help:Print the help of a command'
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local lockstep=$words[1] command=$words[2]
  shift words
  (( CURRENT-- ))
  words[1]=$lockstep
  case $command in
${commands.map(argumentsOf).join('\n')}
    help) _describe command commands ;;
  esac
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _lockstep "$@"
else
  compdef _lockstep lockstep
fi
`;
}

function argumentsOf({ name, options, arguments: args, takesCommand }: CliCommand): string {
  const specs = [
    ...options
      .filter(({ hidden }) => hidden !== true)
      .flatMap((option) =>
        allFlags(option).map((flag) => {
          const value = takesValue(option) ? `:${valueName(option.flags)}:${action(option)}` : '';
          return quoted(`${flag}[${text(option.description)}]${value}`);
        }),
      ),
    ...args.map((argument) => {
      const several = argument.name.includes('...') ? '*' : '';
      return quoted(`${several}:${valueName(argument.name)}:${action(argument)}`);
    }),
  ];
  // What stands after -- is a command of its own.
  const theirs =
    takesCommand === true
      ? 'local end=${words[(i)--]}; if (( end < CURRENT )); then shift $end words; (( CURRENT -= end )); _normal; return; fi; '
      : '';
  return `    ${name}) ${theirs}_arguments -s ${specs.map((spec) => `\\\n        ${spec}`).join(' ')} ;;`;
}

function valueName(written: string): string {
  return /[<[](\w+)/.exec(written)?.[1] ?? 'value';
}

function text(description: string): string {
  return description.replaceAll(/[[\]:\\]/g, '\\$&');
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

function action({ completes, choices }: Completable): string {
  if (choices) return `(${choices.join(' ')})`;
  switch (completes) {
    case 'session':
      return '_lockstep_open_sessions';
    case 'run':
      return '_lockstep_runs';
    case 'trashed':
      return '_lockstep_trashed_sessions';
    case 'method':
      return '_lockstep_methods';
    case 'file':
      return '_files';
    case 'folder':
      return '_files -/';
    case 'command':
      return '_command_names';
    case undefined:
      return ' ';
  }
}
