import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { extname } from 'node:path';
import { systemErrorReason } from '../../platform/systemError.ts';
import {
  exportFormat,
  MAX_EXPORTED,
  sessionsExport,
  sessionsFork,
  sessionsImport,
  type ExportFormat,
} from '../../protocol/sessionCopyMethods.ts';
import { CommandFailed, UsageError } from './commandError.ts';
import { defineCommand, option } from './commandSpec.ts';
import type { CommandContext } from './context.ts';
import { readAll, readText } from './input.ts';
import { oneOf, wholeNumber, words } from './optionValues.ts';
import { write } from './output.ts';
import { sessionId, sessionOrLeased } from './sessionArgument.ts';
import { counted, oneLine } from './text.ts';

export const fork = defineCommand({
  name: 'fork',
  group: 'Drive a session',
  summary: 'Start a session that has the history of another, and print its id',
  details: 'The other one stays as it is. The fork is active, and has no label.',
  arguments: [
    { name: '[session]', description: 'its id, the beginning of it, or its label', completes: 'session' },
  ],
  options: {
    at: option(
      '--at <seq>',
      'the last event that the fork has; all of them if unset',
      wholeNumber(1, Number.MAX_SAFE_INTEGER, 'the number of an event').optional(),
    ),
  },
  examples: [
    { line: 'lockstep fork login-fix', words: 'try another way from here' },
    { line: 'lockstep fork login-fix --at 12', words: 'from event 12 on; lockstep show has the numbers' },
  ],
  async run(context, [given], { at }) {
    const id = await sessionOrLeased(context, given);
    const session = await context.call(sessionsFork, { id, atSeq: at });
    await context.answer(session, () => [session.id]);
    context.remark(`Forked. Next: lockstep iterate ${session.id}`);
  },
});

export const exportCommand = defineCommand({
  name: 'export',
  group: 'Keep and clean',
  summary: 'Write sessions with their history to a file',
  details: 'jsonl keeps everything, and lockstep import reads it; markdown is for people.',
  json: false,
  arguments: [
    {
      name: '<session...>',
      description: 'ids, beginnings of them, or labels',
      needs: 'one session or more',
      completes: 'session',
    },
  ],
  options: {
    format: option(
      '-f, --format <format>',
      'if unset, what the name of the file says, else jsonl',
      oneOf(exportFormat.options).optional(),
      { choices: exportFormat.options },
    ),
    output: option(
      '-o, --output <file>',
      'a file, which is replaced if it is there; stdout if unset, or -',
      words,
      {
        completes: 'file',
      },
    ),
  },
  examples: [
    { line: 'lockstep export login-fix -o login-fix.jsonl', words: 'for lockstep import, anywhere' },
    { line: 'lockstep export login-fix -o login-fix.md', words: 'for people' },
    { line: 'lockstep export $(lockstep list -q --all) | gzip > sessions.jsonl.gz', words: 'all of them' },
  ],
  async run(context, args, { format, output }) {
    if (args.length > MAX_EXPORTED)
      throw new UsageError(`export takes at most ${MAX_EXPORTED} sessions at once`);
    const ids = [];
    for (const given of args) ids.push(await sessionId(context, given));
    const params = { ids: [...new Set(ids)], format: format ?? formatOf(output) };
    if (output === undefined || output === '-') {
      for await (const part of parts(context, params)) if (!(await write(context.door.stdout, part))) return;
      return;
    }
    await writeWhole(output, parts(context, params));
    context.remark(`Wrote ${counted(params.ids.length, 'session')} to ${output}`);
  },
});

export const importCommand = defineCommand({
  name: 'import',
  group: 'Keep and clean',
  summary: 'Add exported sessions: all of them, or none',
  details: 'A session whose id is taken gets a new one; a label that is taken is dropped. Both are told.',
  arguments: [
    {
      name: '<file>',
      description: 'what lockstep export wrote as jsonl; - is stdin',
      needs: 'a file, or -',
      completes: 'file',
    },
  ],
  examples: [
    { line: 'lockstep import login-fix.jsonl', words: 'from another machine' },
    { line: 'gunzip -c sessions.jsonl.gz | lockstep import -', words: 'from stdin' },
  ],
  async run(context, [file = '']) {
    const content = file === '-' ? await readAll(context.door.stdin) : await readText(file);
    if (content.trim() === '')
      throw new CommandFailed(`there is nothing in ${file === '-' ? 'stdin' : file}`);
    const result = await context.call(sessionsImport, { content });
    await context.answer(result, () =>
      result.sessions.map(({ from, id, title, droppedLabel }) =>
        [
          from === id ? id : `${from} -> ${id}`,
          oneLine(title),
          ...(droppedLabel === undefined
            ? []
            : [`(label ${oneLine(droppedLabel)} is taken, and was dropped)`]),
        ].join('  '),
      ),
    );
  },
});

function formatOf(output: string | undefined): ExportFormat {
  return ['.md', '.markdown'].includes(extname(output ?? '').toLowerCase()) ? 'markdown' : 'jsonl';
}

async function* parts(
  context: CommandContext,
  params: { readonly ids: string[]; readonly format: ExportFormat },
): AsyncGenerator<string> {
  let cursor: string | undefined;
  do {
    const part: { content: string; nextCursor?: string | undefined } = await context.call(sessionsExport, {
      ...params,
      cursor,
    });
    yield part.content;
    cursor = part.nextCursor;
  } while (cursor !== undefined);
}

/** Writes a file that is there as a whole, or as it was before. It is for its owner alone, as the store is. */
async function writeWhole(path: string, content: AsyncIterable<string>): Promise<void> {
  const beside = `${path}.${randomUUID()}.part`;
  try {
    const file = await open(beside, 'wx', 0o600).catch((error: unknown) => {
      throw notWritten(path, error);
    });
    try {
      for await (const part of content)
        await file.write(part).catch((error: unknown) => {
          throw notWritten(path, error);
        });
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path).catch((error: unknown) => {
      throw notWritten(path, error);
    });
  } finally {
    await rm(beside, { force: true });
  }
}

function notWritten(path: string, error: unknown): CommandFailed {
  return new CommandFailed(`${path} could not be written: ${systemErrorReason(error)}`);
}
