import { allFlags, takesValue, type CliCommand, type Completable } from '../commandSpec.ts';

/**
 * What bash completes with. Names of sessions are never given to `compgen -W`: it expands what is in them, and a label
 * may hold anything.
 */
export function bashCompletion(commands: readonly CliCommand[]): string {
  const names = commands.map(({ name }) => name);
  return `# Completion of lockstep for bash. Use it: source <(lockstep completion bash)
_lockstep_lines() {
  local line
  while IFS=$'\\t' read -r line _; do
    [[ $line == "$cur"* ]] && COMPREPLY+=("$(printf %q "$line")")
  done
}

# As compgen gives them. No mapfile: the bash of macOS has none.
_lockstep_raw() {
  local line
  while IFS= read -r line; do COMPREPLY+=("$line"); done
}

_lockstep_words() {
  local word
  for word in $1; do
    [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
  done
}

_lockstep() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} lockstep=\${COMP_WORDS[0]} command='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    if [[ \${COMP_WORDS[i]} != -* ]]; then
      command=\${COMP_WORDS[i]}
      break
    fi
  done
  if [[ -z $command ]]; then
    _lockstep_words '${[...names, 'help', '--help', '--version'].join(' ')}'
    return
  fi
  for ((i++; i < COMP_CWORD; i++)); do
    if [[ \${COMP_WORDS[i]} == -- ]]; then
      _lockstep_raw < <(compgen -c -- "$cur")
      return
    fi
  done
  case $command:$prev in
${commands.flatMap(values).join('\n')}
  esac
  if [[ $cur == -* ]]; then
    case $command in
${commands.map(flags).join('\n')}
    esac
    return
  fi
  case $command in
    help) _lockstep_words '${names.join(' ')}' ;;
${commands.flatMap(first).join('\n')}
  esac
}

complete -F _lockstep lockstep
`;
}

/** What stands after an option that takes a value. */
function values({ name, options }: CliCommand): string[] {
  return options
    .filter((option) => takesValue(option) && option.hidden !== true)
    .map((option) => {
      const at = allFlags(option).map((flag) => `${name}:${flag}`);
      return `    ${at.join(' | ')}) ${action(option)}return ;;`;
    });
}

function flags({ name, options }: CliCommand): string {
  const all = options.filter(({ hidden }) => hidden !== true).flatMap(allFlags);
  return `      ${name}) _lockstep_words '${[...all, '--help'].join(' ')}' ;;`;
}

function first({ name, arguments: [argument] }: CliCommand): string[] {
  const done = argument ? action(argument) : '';
  return done === '' ? [] : [`    ${name}) ${done};;`];
}

function action({ completes, choices }: Completable): string {
  if (choices) return `_lockstep_words '${choices.join(' ')}'; `;
  switch (completes) {
    case 'session':
      return '_lockstep_lines < <("$lockstep" list --names --archived 2> /dev/null); ';
    case 'run':
      return '_lockstep_lines < <("$lockstep" list --names --kind workflow 2> /dev/null); ';
    case 'trashed':
      return '_lockstep_lines < <("$lockstep" list --names --trash 2> /dev/null); ';
    case 'method':
      return `_lockstep_lines < <("$lockstep" methods 2> /dev/null | while read -r name _; do printf '%s\\n' "$name"; done); `;
    case 'file':
      return 'compopt -o filenames 2> /dev/null; _lockstep_raw < <(compgen -f -- "$cur"); ';
    case 'folder':
      return 'compopt -o filenames 2> /dev/null; _lockstep_raw < <(compgen -d -- "$cur"); ';
    case 'command':
      return '_lockstep_raw < <(compgen -c -- "$cur"); ';
    case undefined:
      return '';
  }
}
