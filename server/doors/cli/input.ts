import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import * as z from 'zod';
import { systemErrorReason } from '../../platform/systemError.ts';
import { CommandFailed, UsageError } from './commandError.ts';

export async function readAll(input: Readable): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of input) chunks.push(z.instanceof(Uint8Array).parse(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CommandFailed(`${path} could not be read: ${systemErrorReason(error)}`);
  }
}

/** What an argument stands for: `-` is stdin, `@file` a file, anything else itself. */
export function readArgument(given: string, stdin: Readable): Promise<string> {
  if (given === '-') return readAll(stdin);
  if (given.startsWith('@')) return readText(given.slice(1));
  return Promise.resolve(given);
}

/** As {@link readArgument}, and the text of it as JSON. */
export async function readJson(flag: string, given: string, stdin: Readable): Promise<unknown> {
  const text = await readArgument(given, stdin);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(
      `${flag} needs JSON, @FILE or -: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
