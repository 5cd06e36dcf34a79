import { createHash } from 'node:crypto';
import { readRange, type FileFacts, type ReadableFile } from './readableFile.ts';

const HEAD_BYTES = 512;

/**
 * Names the content that positions refer to. Appending keeps it; replacing the file changes it, and so does
 * rewriting it in place (pi does, when it opens a session of an older version), by the beginning of its first line.
 * Stateless, so that it means the same to every process.
 */
export async function generationOf(file: ReadableFile, facts: FileFacts): Promise<string> {
  const head = await readRange(file, 0, Math.min(HEAD_BYTES, facts.size));
  const lf = head.indexOf(0x0a);
  // A first line that is still being written is not one yet.
  const firstLine = lf !== -1 ? head.subarray(0, lf) : head.length === HEAD_BYTES ? head : Buffer.alloc(0);
  return createHash('sha256').update(facts.identity).update(firstLine).digest('base64url').slice(0, 22);
}

/**
 * The generation of a file that became shorter than a position its reader had. It stays what the reader has, though
 * a reader that comes anew gets the plain one: {@link isGeneration} takes both.
 */
export function generationAfterCut(generation: string, facts: FileFacts): string {
  return `${generation}~${facts.modified}`;
}

/** Whether positions that were given with `known` hold in the file that now has `generation`. */
export function isGeneration(known: string, generation: string): boolean {
  return known === generation || known.startsWith(`${generation}~`);
}
