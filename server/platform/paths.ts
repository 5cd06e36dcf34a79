import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';

/** Whether `path` is `folder` or below it. Both absolute. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way.split(sep)[0] !== '..' && !isAbsolute(way));
}

/** Where links lead to; the path itself where that cannot be told. Rejects never. */
export function realOrSame(path: string): Promise<string> {
  return realpath(path).catch(() => path);
}
