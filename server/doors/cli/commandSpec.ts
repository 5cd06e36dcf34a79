import * as z from 'zod';
import { UsageError } from './commandError.ts';
import type { CommandContext } from './context.ts';

/** What a shell can offer in a place. */
export const completes = z.enum(['session', 'run', 'trashed', 'file', 'folder', 'command', 'method']);
export type Completes = z.infer<typeof completes>;

/** What is known of the values of an argument or an option. */
export interface Completable {
  readonly completes?: Completes | undefined;
  readonly choices?: readonly string[] | undefined;
}

export interface ArgumentSpec extends Completable {
  /** As help shows it: `<session>` has to be there, `[session]` may be left out, `...` is for several. */
  readonly name: string;
  readonly description: string;
  /** What is missing when it is: "needs …". */
  readonly needs?: string;
}

const optionMeta = z.object({
  flags: z.string(),
  description: z.string(),
  preset: z.string().optional(),
  hidden: z.boolean().optional(),
  repeats: z.boolean().optional(),
  completes: completes.optional(),
  choices: z.array(z.string()).readonly().optional(),
});
export type OptionSpec = z.infer<typeof optionMeta> & { readonly name: string };

/**
 * An option: how it is written, what it does, and what its value has to be. `preset` stands where it is left out; one
 * that `repeats` may be given several times, and its value is the list of them.
 */
export function option<S extends z.ZodType>(
  flags: string,
  description: string,
  schema: S,
  more: Pick<z.infer<typeof optionMeta>, 'preset' | 'hidden' | 'repeats' | 'completes' | 'choices'> = {},
): S {
  return schema.meta({ flags, description, ...more });
}

export interface Example {
  readonly line: string;
  readonly words: string;
}

/** One command as help, docs, completion and the parser have it. */
export interface CliCommand {
  readonly name: string;
  readonly group: CommandGroup;
  /** One line. */
  readonly summary: string;
  /** What else there is to say. */
  readonly details?: string;
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  readonly examples: readonly Example[];
  /** Whether everything after `--` is a command of the user's. */
  readonly takesCommand?: boolean;
  /** What to say where there are too many arguments. */
  readonly excess?: string;
  /** @throws UsageError */
  readonly run: (context: CommandContext, args: readonly string[], given: unknown) => Promise<number | void>;
}

export const COMMAND_GROUPS = [
  'Drive a session',
  'Run workflows',
  'Look',
  'Keep and clean',
  'For programs',
] as const;
export type CommandGroup = (typeof COMMAND_GROUPS)[number];

interface Definition<O extends z.ZodRawShape> extends Omit<CliCommand, 'options' | 'arguments' | 'run'> {
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: O;
  /** Whether `--json` is offered: it is unless said otherwise. */
  readonly json?: boolean;
  /** Gives the exit code, 0 if nothing. */
  readonly run: (
    context: CommandContext,
    args: readonly string[],
    options: z.output<z.ZodObject<O>>,
  ) => Promise<number | void>;
}

const JSON_OPTION: OptionSpec = {
  name: 'json',
  flags: '--json',
  description: 'print the result as JSON; an error, too',
};

/** Keeps the types of the options between their definition and the command. */
export function defineCommand<O extends z.ZodRawShape = z.ZodRawShape>(
  definition: Definition<O>,
): CliCommand {
  const { options, json = true, run, ...rest } = definition;
  const shape: z.ZodRawShape = options ?? {};
  const specs = Object.entries(shape).map(([name, schema]) => ({
    name,
    ...optionMeta.parse(z.globalRegistry.get(schema)),
  }));
  const schema = z.object(options);
  return {
    ...rest,
    arguments: definition.arguments ?? [],
    options: json ? [...specs, JSON_OPTION] : specs,
    run: (context, args, given) => {
      const parsed = schema.safeParse(given);
      if (parsed.success) return run(context, args, parsed.data);
      const [issue] = parsed.error.issues;
      const spec = specs.find(({ name }) => name === issue?.path[0]);
      throw new UsageError(`${spec ? longFlag(spec) : ''} ${issue?.message ?? ''}`.trim());
    },
  };
}

/** `--limit` of `-n, --limit <count>`. */
function longFlag({ flags }: Pick<OptionSpec, 'flags'>): string {
  return /--[\w-]+/.exec(flags)?.[0] ?? flags;
}

/** Every way to write an option: `-n` and `--limit`. */
export function allFlags({ flags }: Pick<OptionSpec, 'flags'>): string[] {
  return flags.match(/(?<![\w-])--?[\w-]+/g) ?? [];
}

export function takesValue({ flags }: Pick<OptionSpec, 'flags'>): boolean {
  return /[<[]/.test(flags);
}
