const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const UNITS_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** Milliseconds of `90s`, `30m`, `1h30m`, `500ms`; undefined for anything else, and for nothing at all. */
export function durationMs(text: string): number | undefined {
  if (!/^(?:\d{1,9}(?:ms|s|m|h))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h)/g)];
  const sum = parts.reduce((ms, [, count, unit = '']) => ms + Number(count) * (UNITS_MS[unit] ?? 0), 0);
  return sum > 0 ? sum : undefined;
}

/** Bytes of `512MiB`, `2GiB`, `10MB`; undefined for anything else. */
export function sizeBytes(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d{1,9})(B|[KMG]i?B)$/.exec(text) ?? [];
  const bytes = Number(count) * (UNITS_BYTES[unit] ?? Number.NaN);
  return bytes > 0 ? bytes : undefined;
}
