const UNITS: readonly (readonly [ms: number, unit: string])[] = [
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
  [1, 'millisecond'],
];

/** Milliseconds as `1 hour 30 minutes`. */
export function durationWords(ms: number): string {
  let left = ms;
  return UNITS.flatMap(([size, unit]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return count === 0 ? [] : [`${count} ${unit}${count === 1 ? '' : 's'}`];
  }).join(' ');
}
