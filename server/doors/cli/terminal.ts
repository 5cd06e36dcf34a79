import type { Writable } from 'node:stream';

export interface Terminal {
  readonly columns: number;
  readonly rows: number;
}

/** The terminal that a stream writes to, as large as it is now; undefined for files and pipes. */
export function terminalOf(stream: Writable): Terminal | undefined {
  if (!('isTTY' in stream) || stream.isTTY !== true) return undefined;
  return { columns: size(stream, 'columns') ?? 80, rows: size(stream, 'rows') ?? 24 };
}

function size(stream: Writable, name: 'columns' | 'rows'): number | undefined {
  const value: unknown = Reflect.get(stream, name);
  // A terminal that does not know its size says 0.
  return typeof value === 'number' && value > 0 ? value : undefined;
}
