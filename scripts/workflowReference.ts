import { readFile, writeFile } from 'node:fs/promises';
import { format } from 'prettier';
import * as z from 'zod';
import {
  DEFAULT_LOOP,
  DEFAULT_TIMEOUT,
  MAX_STEPS,
  workflowFile,
} from '../server/workflows/format/workflowFile.ts';
import {
  isRequired,
  keysAt,
  objectOf,
  schemaAt,
  type SchemaNode,
} from '../server/workflows/format/workflowSchema.ts';
import type { Path } from '../server/workflows/format/problem.ts';

const PAGE = new URL('../docs/workflow-file.md', import.meta.url);
const SCHEMA = new URL('../media/lockstep-workflow.schema.json', import.meta.url);
const CONFIG = new URL('../.prettierrc.json', import.meta.url);

/** One file with most of what there is. */
export const EXAMPLE = `name: fix-tests
description: Makes the failing tests pass, and has the change reviewed.
agent: codex
inputs:
  suite: unit
  ticket:
    description: The ticket that the change is for
maxIterations: 30
limits: { wallClock: 30m, tokens: 200000, costUsd: 5, memory: 2GiB }
permissions: ask
steps:
  - id: implement
    prompt: Make the \${inputs.suite} tests pass, for \${inputs.ticket}.
    until: npm test -- --suite \${inputs.suite}
    maxIterations: 15
    retry: { attempts: 2, backoff: 10s }
  - id: review
    needs: [implement]
    agent: claude
    gate: manual
    prompt: |
      Review the diff. This is what was done:

      \${steps.implement.output}

      Answer DONE, or list what is wrong.
    untilOutput: ^DONE
    timeout: 10m
`;

/** The format of workflow files as a page for people, made from the schema that reads them. */
export function workflowReference(): Promise<string> {
  return formatted(page(), 'markdown');
}

/** The same as JSON Schema, for editors that know no Lockstep. */
export function workflowJsonSchema(): Promise<string> {
  const { $schema, ...schema } = z.toJSONSchema(workflowFile, { io: 'input' });
  const all = { $schema, title: 'Lockstep workflow', ...schema };
  return formatted(JSON.stringify(all), 'json');
}

async function formatted(text: string, parser: string): Promise<string> {
  const config: unknown = JSON.parse(await readFile(CONFIG, 'utf8'));
  return format(text, { ...(typeof config === 'object' ? config : {}), parser });
}

function page(): string {
  return `<!-- Made by \`npm run workflow-docs\` from the schema of the format. Do not edit. -->

# Workflow files

A workflow is a YAML file that names steps, and for each the agent that does it, when it is done and how often it may
be tried. Lockstep knows files called \`*.lockstep.yaml\`, and all YAML files in \`.lockstep/workflows/\`. JSON is YAML:
it can be used as well.

\`\`\`yaml
${EXAMPLE}\`\`\`

In VS Code such a file is checked as you type, with completion, hover, rename of steps and inputs, and quick fixes.
Above it stand Run and, once it has run, what can be done with its latest run and how far that is.

## The file

${table([])}

A run takes at most \`maxIterations\` iterations, all steps together. There can be ${MAX_STEPS} steps.

## Inputs

${paragraph(['inputs'])} A name is a letter or \`_\`, then at most 63 letters, digits, \`_\` or \`-\`. The value is the
default, as a text, a number, true or false; or it is a map:

${table(['inputs', 'x'])}

## Steps

Each entry of \`steps\` is a map:

${table(['steps', 0])}

The name of a step is a letter or \`_\`, then at most 63 letters, digits, \`_\` or \`-\`. A step begins when all steps
that it needs are done. Steps that do not need each other may run at the same time.

A step is a loop when it has \`until\` or \`untilOutput\`: it is done when an iteration has ended and the command ends
with 0, or the answer matches; where it has both, when both are so. It then takes ${DEFAULT_LOOP} iterations at most,
unless it says otherwise. A step without a condition is done after one iteration.

An iteration that takes longer than \`timeout\` (${DEFAULT_TIMEOUT} unless it says otherwise) is ended.

### Retries

${paragraph(['steps', 0, 'retry'])}

${table(['steps', 0, 'retry'])}

## Limits

${paragraph(['limits'])} Iterations, wall clock and output are enforced. Tokens and cost are checked as agents report
them: they may be overshot by one iteration. Memory, processors, processes and disk are enforced where the system can do
it; a run says what enforces each of its limits.

${table(['limits'])}

## References

| Written | Stands for |
| --- | --- |
| \`\${inputs.name}\` | the value of an input |
| \`\${steps.id.output}\` | the last answer of a step that is needed, directly or not; at most 64 KiB of it |
| \`\${iteration}\` | the number of the iteration, from 1 |
| \`$\${\` | \`\${\`, as it is |

They are filled in in \`prompt\`, in \`until\` and in the values of \`env\`, and nowhere else. In \`until\` a value is never
pasted into the command: it is passed as an environment variable, so that nothing in it is taken for a command. What stands
there in \`\${…}\` and is none of these is left to the shell; elsewhere it stays as it is, with a warning. The \`env\` of the
whole file knows no outputs.

## Durations and sizes

A duration is one or more numbers with \`ms\`, \`s\`, \`m\` or \`h\`: \`90s\`, \`30m\`, \`1h30m\`. A size is a number with \`B\`,
\`KB\`, \`MB\`, \`GB\` (of 1000) or \`KiB\`, \`MiB\`, \`GiB\` (of 1024).

## What YAML can do and workflows cannot

Aliases (\`*name\`) and tags (\`!name\`) are refused, and so is a second document behind \`---\`. A key has to be a text, and
to be there once. A file has at most 1 MiB.

## Other editors

[lockstep-workflow.schema.json](../media/lockstep-workflow.schema.json) describes the same as JSON Schema. Editors with the
YAML language server read it where the file begins with a comment of this kind, with the path to it:

\`\`\`yaml
# yaml-language-server: $schema=./lockstep-workflow.schema.json
\`\`\`

In VS Code that is not needed. The YAML extension leaves workflow files to Lockstep, since they are a language of their
own, \`lockstep-workflow\`.
`;
}

function paragraph(path: Path): string {
  return schemaAt(path)?.description ?? '';
}

function table(path: Path): string {
  const rows = keysAt(path).map(([key, node]) => {
    const { description = '' } = node;
    const value = [words(node), ...presence(path, key, node)].join('; ');
    return `| \`${key}\` | ${value} | ${description.replaceAll('|', '\\|').replaceAll('\n', ' ')} |`;
  });
  return ['| Key | Value | |', '| --- | --- | --- |', ...rows].join('\n');
}

function presence(path: Path, key: string, { default: preset }: SchemaNode): string[] {
  if (isRequired(path, key)) return ['has to be there'];
  return typeof preset === 'string' || typeof preset === 'boolean' ? [`\`${preset}\` if unset`] : [];
}

function words(node: SchemaNode): string {
  const { type, enum: values, const: constant, minimum, maximum, exclusiveMinimum, anyOf } = node;
  if (values) return values.map((value) => `\`${value}\``).join(', ');
  if (constant !== undefined) return `\`${constant}\``;
  if (objectOf(node) !== undefined) return 'map';
  if (anyOf) return anyOf.map(words).join(', ');
  if (Array.isArray(type)) return type.map((one) => (one === 'string' ? 'text' : one)).join(', ');
  if (type === 'array') return node.items?.type === 'object' ? 'list of maps' : 'list of texts';
  if (type === 'boolean') return '`true` or `false`';
  if (type === 'integer') {
    const to = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? ` to ${maximum}` : ' or more';
    return `whole number, ${minimum ?? 0}${to}`;
  }
  if (type === 'number')
    return exclusiveMinimum === undefined ? 'number' : `number above ${exclusiveMinimum}`;
  return node.title ?? 'text';
}

export interface Recorded {
  readonly page: string;
  readonly schema: string;
}

export async function recordedWorkflowReference(): Promise<Recorded> {
  return { page: await readFile(PAGE, 'utf8'), schema: await readFile(SCHEMA, 'utf8') };
}

if (import.meta.main) {
  await writeFile(PAGE, await workflowReference());
  await writeFile(SCHEMA, await workflowJsonSchema());
}
