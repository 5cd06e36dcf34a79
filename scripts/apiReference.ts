import { readFile, writeFile } from 'node:fs/promises';
import * as z from 'zod';
import { errorCatalogue } from '../server/domain/errorCatalogue.ts';
import { methods } from '../server/protocol/methods.ts';

const PAGE = new URL('../docs/api.md', import.meta.url);

const described = z.looseObject({
  type: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  const: z.unknown().optional(),
  anyOf: z.array(z.unknown()).optional(),
  items: z.unknown().optional(),
  default: z.unknown().optional(),
  description: z.string().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
});
const objectSchema = z.looseObject({
  properties: z.record(z.string(), z.unknown()).default({}),
  required: z.array(z.string()).default([]),
});

/** The methods and errors as a page for people, made from what the server itself uses. */
export function apiReference(): string {
  const parts = methods.map((method) => {
    const params = objectSchema.parse(z.toJSONSchema(method.params, { io: 'input', unrepresentable: 'any' }));
    const result = objectSchema.parse(
      z.toJSONSchema(method.result, { io: 'output', unrepresentable: 'any' }),
    );
    const isSession = 'maxIterations' in result.properties && 'status' in result.properties;
    return [
      `### ${method.name}`,
      '',
      `${method.summary}.${method.mutates ? '' : ' Reads only.'}`,
      '',
      ...table('Params', params),
      ...(isSession ? ['Result: the session.', ''] : table('Result', result)),
    ].join('\n');
  });
  const errors = Object.entries(errorCatalogue).map(
    ([code, { title, explanation }]) => `| \`${code}\` | ${title}. ${explanation} |`,
  );
  return `<!-- Made by \`npm run api\` from the registry. Do not edit. -->

# API reference

Every method, in the language server as \`lockstep/<name>\`, and on the command line through \`lockstep call\` and
\`lockstep rpc\`. Unknown params are refused by name. Times are ISO 8601, UTC. \`lockstep methods --json\` gives the
same as JSON schema.

## Methods

${parts.join('\n')}
## Errors

An error is \`{code, title, message, explanation?, requestId, actions[], details}\`.

| Code | Meaning |
| --- | --- |
${errors.join('\n')}
`;
}

function table(heading: string, { properties, required }: z.output<typeof objectSchema>): string[] {
  const rows = Object.entries(properties).map(([name, schema]) => {
    const { default: preset, description = '' } = described.parse(schema);
    const presence =
      preset === undefined
        ? required.includes(name)
          ? ''
          : 'optional'
        : `default \`${JSON.stringify(preset)}\``;
    return `| \`${name}\` | ${typeOf(schema)} | ${presence} | ${description.replaceAll('|', '\\|')} |`;
  });
  if (rows.length === 0) return [`${heading}: none.`, ''];
  return [`${heading}:`, '', '| Name | Type |  |  |', '| --- | --- | --- | --- |', ...rows, ''];
}

function typeOf(schema: unknown): string {
  const { type, enum: values, const: constant, anyOf, items, minimum, maximum } = described.parse(schema);
  if (values) return values.map((value) => `\`${JSON.stringify(value)}\``).join(' \\| ');
  if (constant !== undefined) return `\`${JSON.stringify(constant)}\``;
  if (anyOf) return [...new Set(anyOf.map(typeOf))].join(' \\| ');
  if (type === 'array') return `array of ${typeOf(items ?? {})}`;
  if (type === 'integer') {
    const from = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? ` ≥ ${minimum}` : '';
    const to = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER ? ` ≤ ${maximum}` : '';
    return `integer${from}${to}`;
  }
  return type ?? 'any JSON';
}

export function recordedReference(): Promise<string> {
  return readFile(PAGE, 'utf8');
}

if (import.meta.main) await writeFile(PAGE, apiReference());
