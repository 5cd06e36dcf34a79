import { parseArgs } from 'node:util';
import type { Readable, Writable } from 'node:stream';
import * as z from 'zod';
import type { Registry } from '../methods/registry.ts';
import type { Disposable } from '../platform/disposable.ts';
import type { Client } from '../methods/client.ts';
import { locksAcquire, MAX_TTL_MS, MAX_WAIT_MS } from '../protocol/lockMethods.ts';
import { doctor } from './doctor.ts';
import { serveRpc } from './rpc.ts';
import { runWithLease } from './withLease.ts';

/** Exit codes of the command. */
export const EXIT = { ok: 0, error: 1, usage: 2 } as const;

export interface CliDoor {
  readonly registry: Registry;
  readonly connect: (onLost?: (session: string) => void) => Client;
  readonly env: NodeJS.ProcessEnv;
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
  lockstep with-lease [--name N] [--ttl MS] [--wait MS] <session> -- <command> [arguments]
                                      run a command while nobody else can drive the session
  lockstep doctor [--integrity] [--json]
                                      what is well, what is not, and what to do; --integrity reads the whole store
  lockstep --help | --version

The result of call is JSON on stdout, an error JSON on stderr. Exit codes: 0 done, 1 the call failed or something is
wrong, 2 wrong usage. with-lease gives its command LOCKSTEP_SESSION and LOCKSTEP_LEASE, and ends with its exit code.
The store is the file lockstep.db in $LOCKSTEP_HOME, ~/.lockstep if unset.

Examples:
  lockstep call sessions.start '{"task": "Fix the login test", "mode": "developer", "maxIterations": 10}'
  lockstep call sessions.find '{"status": ["active", "paused"]}'
  lockstep with-lease 019cdf3a-7b21-7d40-9e55-2c6f8b0a4d13 -- ./agent.sh
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
    case 'with-lease':
      return withLease(rest, door, usage);
    case 'doctor':
      return doctorCommand(rest, door, usage);
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

async function withLease(args: readonly string[], door: CliDoor, usage: Usage): Promise<number> {
  const end = args.indexOf('--');
  const [program, ...programArgs] = end === -1 ? [] : args.slice(end + 1);
  if (program === undefined || program === '') return usage('with-lease needs a command after --');
  const options = { name: { type: 'string' }, ttl: { type: 'string' }, wait: { type: 'string' } } as const;
  let parsed;
  try {
    parsed = parseArgs({ args: args.slice(0, end), options, allowPositionals: true });
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
  const { name } = parsed.values;
  const [session, ...more] = parsed.positionals;
  if (session === undefined || more.length > 0) return usage('with-lease needs the id of one session');
  const [ttlMs, waitMs] = [parsed.values.ttl, parsed.values.wait].map(milliseconds);
  if (ttlMs !== undefined && !(ttlMs >= 1 && ttlMs <= MAX_TTL_MS))
    return usage(`--ttl needs milliseconds, from 1 to ${MAX_TTL_MS}`);
  if (waitMs !== undefined && !(waitMs >= 0 && waitMs <= MAX_WAIT_MS))
    return usage(`--wait needs milliseconds, from 0 to ${MAX_WAIT_MS}`);
  if (!locksAcquire.params.safeParse({ session, name }).success)
    return usage('--name needs a text of at most 256 bytes');
  const say = (words: string) => void door.stderr.write(`lockstep: ${words}\n`);
  const leased = { session, ttlMs, waitMs, name, program, args: programArgs };
  const outcome = await runWithLease(leased, door.connect, door.env, say);
  if (outcome.ok) return outcome.code;
  door.stderr.write(`${JSON.stringify(outcome.error, null, 2)}\n`);
  return EXIT.error;
}

/** NaN for what is no whole number of them. */
function milliseconds(set: string | undefined): number | undefined {
  if (set === undefined) return undefined;
  return /^\d+$/.test(set) ? Number(set) : NaN;
}

async function doctorCommand(args: readonly string[], door: CliDoor, usage: Usage): Promise<number> {
  const options = { integrity: { type: 'boolean' }, json: { type: 'boolean' } } as const;
  let values;
  try {
    ({ values } = parseArgs({ args: [...args], options }));
  } catch (error) {
    return usage(error instanceof Error ? error.message : String(error));
  }
  const { integrity = false, json = false } = values;
  return (await doctor({ ...door, integrity, json })) ? EXIT.ok : EXIT.error;
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
