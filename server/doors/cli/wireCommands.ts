import * as z from 'zod';
import { serveRpc } from '../rpc.ts';
import { UsageError } from './commandError.ts';
import { defineCommand } from './commandSpec.ts';
import { EXIT } from './exitCodes.ts';
import { readAll } from './input.ts';
import { flag, openclawStore } from './optionValues.ts';
import { option } from './commandSpec.ts';

const source = option(
  '--source <openclaw:folder>',
  'the OpenClaw state directory of sessions.list, sessions.preview and sessions.resolve',
  openclawStore,
);

export const call = defineCommand({
  name: 'call',
  group: 'For programs',
  summary: 'Call one method',
  details: 'The result is JSON on stdout, an error JSON on stderr. docs/api.md has every method.',
  json: false,
  arguments: [
    { name: '<method>', description: 'its name', needs: 'the name of a method', completes: 'method' },
    { name: '[json]', description: 'the params as JSON, or - to read them from stdin' },
  ],
  excess: 'call takes one method and one JSON value; quote the JSON',
  examples: [
    {
      line: `lockstep call sessions.start '{"task": "Fix the login test", "mode": "developer"}'`,
      words: 'prints the session',
    },
    { line: 'lockstep call sessions.import - < params.json', words: 'the params from a file' },
  ],
  options: { source },
  async run(context, [method = '', json], { source }) {
    const { registry, stdin, stderr } = context.door;
    if (!registry.has(method))
      throw new UsageError(`there is no method ${method}; lockstep methods lists them`);
    let params: unknown;
    try {
      params = JSON.parse(json === '-' ? await readAll(stdin) : (json ?? '{}'));
    } catch (error) {
      throw new UsageError(
        `the params are not JSON: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    const outcome = await registry.call(method, params, source === undefined ? {} : { source });
    if (outcome.ok) {
      await context.print(JSON.stringify(outcome.result, null, 2));
      return EXIT.ok;
    }
    stderr.write(`${JSON.stringify(outcome.error, null, 2)}\n`);
    return EXIT.error;
  },
});

export const rpc = defineCommand({
  name: 'rpc',
  group: 'For programs',
  summary: 'Serve JSON-RPC 2.0 on stdin and stdout, one message a line',
  details:
    'Ends when stdin has ended and every call was answered. What a client acquires is kept while it is connected, and released when it goes.',
  json: false,
  options: { source },
  examples: [
    {
      line: `echo '{"jsonrpc": "2.0", "id": 1, "method": "sessions.stats"}' | lockstep rpc`,
      words: 'one call, one answer',
    },
  ],
  async run({ door }, _, { source }) {
    void door.sweepRuns();
    await serveRpc({ ...door, input: door.stdin, output: door.stdout, source });
  },
});

export const methods = defineCommand({
  name: 'methods',
  group: 'For programs',
  summary: 'List the methods',
  json: false,
  options: { json: option('--json', 'also their params and results, as JSON schema', flag) },
  examples: [
    { line: 'lockstep methods', words: 'name and summary of each' },
    { line: 'lockstep methods --json', words: 'for programs that make clients' },
  ],
  async run(context, _, { json }) {
    const all = context.door.registry.methods();
    if (json) {
      const described = all.map(({ name, summary, mutates, params, result }) => ({
        name,
        summary,
        mutates,
        params: jsonSchema(params, 'input'),
        result: jsonSchema(result, 'output'),
      }));
      await context.print(JSON.stringify(described, null, 2));
      return;
    }
    const width = Math.max(...all.map(({ name }) => name.length));
    await context.print(...all.map(({ name, summary }) => `${name.padEnd(width)}  ${summary}`));
  },
});

/** Checks that no JSON schema can hold (sizes in bytes) are left out of it. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): unknown {
  return z.toJSONSchema(schema, { io, unrepresentable: 'any' });
}
