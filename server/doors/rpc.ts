import type { Readable, Writable } from 'node:stream';
import type { Client } from '../methods/client.ts';
import type { Registry } from '../methods/registry.ts';
import type { Disposable } from '../platform/disposable.ts';
import { didChange } from '../protocol/notifications.ts';
import { INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR, request, rpcCode } from './jsonRpc.ts';
import { lines, TOO_LONG } from './lines.ts';

/** The longest message that is read, in bytes: the largest params, escaped throughout, and room to spare. */
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

/** Calls under way at once. Those that wait for others count apart: they must not hold up what they wait for. */
const MOST_CALLS = 100;
const MOST_WAITING = 10_000;

export interface RpcDoor {
  readonly registry: Registry;
  readonly connect: () => Client;
  readonly onDidChange: (listener: (revision: number) => void) => Disposable;
  readonly input: Readable;
  readonly output: Writable;
  /** The other agent's store that is meant where a call names none. */
  readonly source?: string | undefined;
}

/**
 * JSON-RPC 2.0, one message a line. Calls run side by side, so answers may come in another order. Resolves after
 * the input has ended, every call was answered, and the client's leases were released.
 */
export async function serveRpc({
  registry,
  connect,
  onDidChange,
  input,
  output,
  source,
}: RpcDoor): Promise<void> {
  let broken = false;
  output.on('error', () => {
    broken = true; // the reader is gone; calls still finish
  });
  const send = (message: object) => {
    if (!broken) output.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  };
  const feed = onDidChange((revision) => send({ method: didChange.name, params: { revision } }));
  const client = connect();
  const running = new Set<Promise<void>>();
  const waiting = new Set<Promise<void>>();
  for await (const line of lines(input, MAX_MESSAGE_BYTES)) {
    const read = readRequest(line, registry);
    if (read.kind === 'nothing') continue;
    if (read.kind === 'fault') {
      send(read.answer);
      continue;
    }
    const calls = registry.waits(read.method) ? waiting : running;
    const call = answer(client, read, source, send);
    calls.add(call);
    void call.finally(() => calls.delete(call));
    if (running.size >= MOST_CALLS) await Promise.race(running);
    if (waiting.size >= MOST_WAITING) await Promise.race(waiting);
    // Answers that nobody reads would fill the memory: no more calls until they are.
    if (output.writableNeedDrain && !broken) await drained(output);
  }
  client.leave();
  await Promise.all([...running, ...waiting]);
  await client.close();
  feed.dispose();
}

function drained(output: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of ['drain', 'close', 'error']) output.off(event, done);
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) output.on(event, done);
  });
}

interface Call {
  readonly kind: 'call';
  /** Undefined for a notification, which is not answered. */
  readonly id: string | number | null | undefined;
  readonly method: string;
  readonly params: unknown;
}

type Read = Call | { readonly kind: 'nothing' } | { readonly kind: 'fault'; readonly answer: object };

function readRequest(line: string | typeof TOO_LONG, registry: Registry): Read {
  const fault = (code: number, message: string, id: Call['id'] = null): Read => ({
    kind: 'fault',
    answer: { id, error: { code, message } },
  });
  if (line === TOO_LONG) {
    return fault(INVALID_REQUEST, `The message is longer than ${MAX_MESSAGE_BYTES} bytes`);
  }
  if (line.trim() === '') return { kind: 'nothing' };
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return fault(PARSE_ERROR, 'The line is not JSON');
  }
  const parsed = request.safeParse(json);
  if (!parsed.success) {
    return fault(
      INVALID_REQUEST,
      Array.isArray(json)
        ? 'Batches are not supported: send one request a line'
        : 'The message is not a JSON-RPC 2.0 request',
    );
  }
  const { id, method, params } = parsed.data;
  if (registry.has(method)) return { kind: 'call', id, method, params };
  return id === undefined ? { kind: 'nothing' } : fault(METHOD_NOT_FOUND, `There is no method ${method}`, id);
}

async function answer(
  client: Client,
  { id, method, params }: Call,
  source: string | undefined,
  send: (message: object) => void,
): Promise<void> {
  const outcome = await client.call(method, params ?? {}, source === undefined ? {} : { source });
  if (id === undefined) return;
  if (outcome.ok) return send({ id, result: outcome.result });
  const { error } = outcome;
  return send({ id, error: { code: rpcCode(error), message: error.message, data: error } });
}
