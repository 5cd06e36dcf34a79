import type { Readable, Writable } from 'node:stream';
import type { Registry } from '../methods/registry.ts';
import type { Disposable } from '../platform/disposable.ts';
import { didChange } from '../protocol/notifications.ts';
import { INVALID_REQUEST, METHOD_NOT_FOUND, PARSE_ERROR, request, rpcCode } from './jsonRpc.ts';
import { lines, TOO_LONG } from './lines.ts';

/** The longest message that is read, in bytes: the largest params, escaped throughout, and room to spare. */
const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;

/** Calls under way at once. */
const MOST_CALLS = 100;

export interface RpcDoor {
  readonly registry: Registry;
  readonly onDidChange: (listener: (revision: number) => void) => Disposable;
  readonly input: Readable;
  readonly output: Writable;
}

/**
 * JSON-RPC 2.0, one message a line. Calls run side by side, so answers may come in another order. Resolves after
 * the input has ended and every call was answered.
 */
export async function serveRpc({ registry, onDidChange, input, output }: RpcDoor): Promise<void> {
  let broken = false;
  output.on('error', () => {
    broken = true; // the reader is gone; calls still finish
  });
  const send = (message: object) => {
    if (!broken) output.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  };
  const feed = onDidChange((revision) => send({ method: didChange.name, params: { revision } }));
  const running = new Set<Promise<void>>();
  for await (const line of lines(input, MAX_MESSAGE_BYTES)) {
    const call = answer(registry, line, send);
    running.add(call);
    void call.finally(() => running.delete(call));
    if (running.size >= MOST_CALLS) await Promise.race(running);
    // Answers that nobody reads would fill the memory: no more calls until they are.
    if (output.writableNeedDrain && !broken) await drained(output);
  }
  await Promise.all(running);
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

async function answer(
  registry: Registry,
  line: string | typeof TOO_LONG,
  send: (message: object) => void,
): Promise<void> {
  if (line === TOO_LONG) {
    const message = `The message is longer than ${MAX_MESSAGE_BYTES} bytes`;
    return send({ id: null, error: { code: INVALID_REQUEST, message } });
  }
  if (line.trim() === '') return;
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return send({ id: null, error: { code: PARSE_ERROR, message: 'The line is not JSON' } });
  }
  const parsed = request.safeParse(json);
  if (!parsed.success) {
    const message = Array.isArray(json)
      ? 'Batches are not supported: send one request a line'
      : 'The message is not a JSON-RPC 2.0 request';
    return send({ id: null, error: { code: INVALID_REQUEST, message } });
  }
  const { id, method, params } = parsed.data;
  if (!registry.has(method)) {
    if (id === undefined) return;
    return send({ id, error: { code: METHOD_NOT_FOUND, message: `There is no method ${method}` } });
  }
  const outcome = await registry.call(method, params ?? {});
  if (id === undefined) return;
  if (outcome.ok) return send({ id, result: outcome.result });
  const { error } = outcome;
  return send({ id, error: { code: rpcCode(error), message: error.message, data: error } });
}
