import { bashCompletion } from './completion/bash.ts';
import { fishCompletion } from './completion/fish.ts';
import { zshCompletion } from './completion/zsh.ts';
import { defineCommand, type CliCommand } from './commandSpec.ts';
import { UsageError } from './commandError.ts';

const SHELLS: Readonly<Record<string, (commands: readonly CliCommand[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};
const NAMES = Object.keys(SHELLS);

/** `commands` is asked when it runs: the command is one of them itself. */
export function completion(commands: () => readonly CliCommand[]): CliCommand {
  return defineCommand({
    name: 'completion',
    group: 'For programs',
    summary: 'Print what makes a shell complete commands, options and sessions',
    json: false,
    arguments: [
      { name: '<shell>', description: NAMES.join(', '), needs: `one of ${NAMES.join(', ')}`, choices: NAMES },
    ],
    examples: [
      { line: "echo 'source <(lockstep completion bash)' >> ~/.bashrc", words: 'bash' },
      { line: "echo 'source <(lockstep completion zsh)' >> ~/.zshrc", words: 'zsh, after compinit' },
      {
        line: 'lockstep completion fish > ~/.config/fish/completions/lockstep.fish',
        words: 'fish',
      },
    ],
    async run(context, [shell = '']) {
      const script = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
      if (!script) throw new UsageError(`needs one of ${NAMES.join(', ')}`);
      await context.print(script(commands()).trimEnd());
    },
  });
}
