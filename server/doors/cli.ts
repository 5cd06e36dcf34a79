import { parseArgs } from 'node:util';
import type { Readable, Writable } from 'node:stream';
import * as z from 'zod';
import type { Registry } from '../methods/registry.ts';
import type { Disposable } from '../platform/disposable.ts';
import { serveRpc } from './rpc.ts';

/** Exit codes of the command. */
export const EXIT = { ok: 0, error: 1, usage: 2 } as const;

export interface CliDoor {
  readonly registry: Registry;
  readonly onDidChange: (listener: (revision: number) => void) => Disposable;
  readonly version: string;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

const HELP = `lockstep: sessions of AI agents, bounded, pausable and resumable

Usage:
  lockstep call <method> [json | -]   call one method; the params as JSON, or from stdin with -
  lockstep rpc                        JSON-RPC 2.0 on stdin and stdout, one message a line
  lockstep methods [--json]           the methods; with --json also their params and results as JSON schema
  lockstep --help | --version

The result is JSON on stdout, an error JSON on stderr. Exit codes: 0 done, 1 the call failed, 2 wrong usage.
The store is the file lockstep.db in $LOCKSTEP_HOME, ~/.lockstep if unset.

Examples:
  lockstep call sessions.start '{"task": "Fix the login test", "mode": "developer", "maxIterations": 10}'
  lockstep call sessions.find '{"status": ["active", "paused"]}'
`;

/** Runs one command line and gives its exit code. Never throws for what a user did. */
export async function runCli(args: readonly string[], door: CliDoor): Promise<number> {
  const usage = (problem: string): number => {
    door.stderr.write(`lockstep: ${problem}\nSee lockstep --help.\n`);
    return EXIT.usage;
  };
  const [command, ...rest] = args;
  switch (command) {
    case 'call':
      return call(rest, door, usage);
    case 'rpc':
      if (rest.length > 0) return usage('rpc takes no arguments');
      await serveRpc({ ...door, input: door.stdin, output: door.stdout });
      return EXIT.ok;
    case 'methods':
      return listMethods(rest, door, usage);
    case '--version':
    case '-v':
      door.stdout.write(`${door.version}\n`);
      return EXIT.ok;
    case '--help':
    case '-h':
    case 'help':
      door.stdout.write(HELP);
      return EXIT.ok;
    case undefined:
      door.stderr.write(HELP);
      return EXIT.usage;
    default:
      return usage(`there is no command ${command}`);
  }
}

type Usage = (problem: string) => number;

async function call(args: readonly string[], door: CliDoor, usage: Usage): Promise<number> {
  const [method, json, ...more] = args;
  if (method === undefined) return usage('call needs the name of a method');
  if (more.length > 0) return usage('call takes one method and one JSON value; quote the JSON');
  if (!door.registry.has(method)) return usage(`there is no method ${method}; lockstep methods lists them`);
  let params: unknown;
  try {
    const text = json === '-' ? await readAll(door.stdin) : (json ?? '{}');
    params = JSON.parse(text);
  } catch (error) {
    return usage(`the params are not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const outcome = await door.registry.call(method, params);
  if (outcome.ok) {
    door.stdout.write(`${JSON.stringify(outcome.result, null, 2)}\n`);
    return EXIT.ok;
  }
  door.stderr.write(`${JSON.stringify(outcome.error, null, 2)}\n`);
  return EXIT.error;
}

function listMethods(args: readonly string[], door: CliDoor, usage: Usage): number {
  let asJson: boolean;
  try {
    asJson = parseArgs({ args: [...args], options: { json: { type: 'boolean' } } }).values.json ?? false;
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
  const methods = door.registry.methods();
  if (asJson) {
    const described = methods.map(({ name, summary, mutates, params, result }) => ({
      name,
      summary,
      mutates,
      params: jsonSchema(params, 'input'),
      result: jsonSchema(result, 'output'),
    }));
    door.stdout.write(`${JSON.stringify(described, null, 2)}\n`);
    return EXIT.ok;
  }
  const width = Math.max(...methods.map(({ name }) => name.length));
  for (const { name, summary } of methods) door.stdout.write(`${name.padEnd(width)}  ${summary}\n`);
  return EXIT.ok;
}

/** Checks that no JSON schema can hold (sizes in bytes) are left out of it. */
function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): unknown {
  return z.toJSONSchema(schema, { io, unrepresentable: 'any' });
}

async function readAll(input: Readable): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of input) chunks.push(z.instanceof(Uint8Array).parse(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
