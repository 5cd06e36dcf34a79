/** JSON of a value, written as no program should have to, by the choices given in turn. */
export function oddJson(value: unknown, choose: () => number): string {
  const space = () => ['', '', ' ', '\t'][choose() % 4] ?? '';
  if (typeof value === 'string') return oddString(value, choose);
  if (typeof value === 'number' && Number.isInteger(value) && choose() % 3 === 0) return `${value / 10}e1`;
  if (Array.isArray(value))
    return `[${value.map((each) => space() + oddJson(each, choose)).join(`${space()},`)}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).map(
    ([key, each]) => `${space()}${oddString(key, choose)}${space()}:${space()}${oddJson(each, choose)}`,
  );
  return `{${entries.join(',')}}`;
}

function oddString(text: string, choose: () => number): string {
  const rarely = choose() % 2 === 0;
  const written = text.split('').map((unit) => {
    const how = choose() % (rarely ? 60 : 4);
    if (unit === '/' && how === 1) return '\\/';
    if (how !== 0) return JSON.stringify(unit).slice(1, -1);
    const hex = unit.charCodeAt(0).toString(16).padStart(4, '0');
    return `\\u${choose() % 2 === 0 ? hex : hex.toUpperCase()}`;
  });
  return `"${written.join('')}"`;
}
