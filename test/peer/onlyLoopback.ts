import { Socket, type SocketConnectOpts } from 'node:net';

/*
 * Preloaded into the gateway: whatever it wants from the internet (updates, model prices, a model), it does not get it
 * from a test.
 */

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

type Connect = (this: Socket, ...args: unknown[]) => Socket;
// Both overloads and Node's own inner form (one array of arguments) come by here.
const connect: unknown = Reflect.get(Socket.prototype, 'connect');

function isConnect(value: unknown): value is Connect {
  return typeof value === 'function';
}

if (!isConnect(connect)) throw new Error('net.Socket has no connect');

Reflect.set(Socket.prototype, 'connect', function guarded(this: Socket, ...args: unknown[]): Socket {
  const host = hostOf(Array.isArray(args[0]) ? args[0] : args);
  if (host === undefined || LOOPBACK.has(host)) return connect.apply(this, args);
  process.stderr.write(`kept from the internet: ${host}\n`);
  process.nextTick(() => this.destroy(new Error(`only loopback, not ${host}`)));
  return this;
} satisfies Connect);

/** Undefined for a socket in the file system, and where the default, localhost, is meant. */
function hostOf([first, second]: readonly unknown[]): string | undefined {
  const host: unknown = isOptions(first) ? Reflect.get(first, 'host') : second;
  return typeof host === 'string' && !isPath(first) ? host : undefined;
}

function isPath(options: unknown): boolean {
  return isOptions(options) && 'path' in options && options.path !== undefined;
}

function isOptions(value: unknown): value is SocketConnectOpts {
  return typeof value === 'object' && value !== null;
}
