import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Writes a file and the folders above it; lines are JSON, or text as it is. Gives its path. */
export async function writeLines(path: string, lines: readonly unknown[]): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, jsonLines(lines));
  return path;
}

export function jsonLines(lines: readonly unknown[]): string {
  return lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
}
