/** The times that the store takes: 1970 to what JavaScript's own dates can say, well within the years of four digits. */
const LATEST_MS = Date.UTC(9999, 11, 31);

/** Below it a number of time is in seconds: in milliseconds it would be a day of 1973. */
const SECONDS_BELOW = 1e11;

const WITHOUT_ZONE = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?$/;

/**
 * A time of any file as the wire has it: ISO 8601, or a number of seconds or milliseconds since the epoch. Without a
 * zone it is taken as UTC, so that it means the same on every machine. Undefined for what is no time.
 */
export function timeFrom(value: unknown): string | undefined {
  const at = milliseconds(value);
  return at === undefined || !(at >= 0 && at <= LATEST_MS)
    ? undefined
    : new Date(Math.floor(at)).toISOString();
}

function milliseconds(value: unknown): number | undefined {
  if (typeof value === 'number') return value < SECONDS_BELOW ? value * 1000 : value;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  const at = Date.parse(WITHOUT_ZONE.test(text) ? `${text.replace(' ', 'T').replace(',', '.')}Z` : text);
  return Number.isNaN(at) ? undefined : at;
}
