import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';

/** Where two answers are not the same. */
export interface Difference {
  /** Such as `sessions[agent:main:main].totalTokens`. */
  readonly path: string;
  readonly gateway: unknown;
  readonly lockstep: unknown;
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const STAMP = /\d{4}-\d\d-\d\dT\d\d[-:]\d\d[-:]\d\d\.\d{3}Z/g;

const row = z.looseObject({ key: z.string() });

export interface Ground {
  /** Absolute path of the state directory that an answer speaks of. */
  readonly stateDir: string;
  /** Milliseconds since the epoch; times since then are `<now>`. */
  readonly began: number;
  /** Ids that were there before; others are `<new>`. */
  readonly ids: ReadonlySet<string>;
}

/** All ids that a text holds. */
export function idsIn(text: string): ReadonlySet<string> {
  return new Set(text.match(UUID));
}

/** An answer without what can be the same in no two runs: new times, new ids and the place of the state directory. */
export function normalised(value: unknown, ground: Ground): unknown {
  if (typeof value === 'number') return value >= ground.began ? '<now>' : value;
  if (typeof value === 'string') {
    return value
      .replaceAll(ground.stateDir, '<state>')
      .replaceAll(UUID, (id) => (ground.ids.has(id) ? id : '<new>'))
      .replaceAll(STAMP, (stamp) => (isNew(stamp, ground.began) ? '<now>' : stamp));
  }
  if (Array.isArray(value)) return value.map((one) => normalised(one, ground));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [String(normalised(name, ground)), normalised(one, ground)]),
  );
}

/** Of JSON values; rows are held against each other by their key, and their order is one more thing to compare. */
export function differencesOf(gateway: unknown, lockstep: unknown, path = ''): Difference[] {
  if (isDeepStrictEqual(gateway, lockstep)) return [];
  const [left, right] = [partsOf(gateway), partsOf(lockstep)];
  if (left === undefined || right === undefined || left.isList !== right.isList) {
    return [{ path, gateway, lockstep }];
  }
  const names = new Set([...left.parts.keys(), ...right.parts.keys()]);
  const inner = [...names].flatMap((name) => {
    const at = left.isList ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`;
    return differencesOf(left.parts.get(name), right.parts.get(name), at);
  });
  const order = (parts: ReadonlyMap<string, unknown>) => [...parts.keys()].filter((name) => both.has(name));
  const both = new Set([...left.parts.keys()].filter((name) => right.parts.has(name)));
  const isReordered = left.isList && !isDeepStrictEqual(order(left.parts), order(right.parts));
  return isReordered
    ? [...inner, { path: `${path}[]`, gateway: order(left.parts), lockstep: order(right.parts) }]
    : inner;
}

function partsOf(value: unknown): { isList: boolean; parts: Map<string, unknown> } | undefined {
  if (Array.isArray(value)) {
    const rows = value.map((one: unknown) => row.safeParse(one).data?.key);
    const isKeyed = new Set(rows).size === value.length && !rows.includes(undefined);
    return {
      isList: true,
      parts: new Map(value.map((one: unknown, index) => [(isKeyed && rows[index]) || String(index), one])),
    };
  }
  if (typeof value !== 'object' || value === null) return undefined;
  return { isList: false, parts: new Map(Object.entries(value)) };
}

function isNew(stamp: string, began: number): boolean {
  return Date.parse(stamp.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:')) >= began;
}
