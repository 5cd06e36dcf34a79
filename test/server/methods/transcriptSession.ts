import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { ResultOf } from '../../../server/protocol/method.ts';
import { transcriptsFind } from '../../../server/protocol/transcriptMethods.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { writeLines } from '../sources/files.ts';
import { caller, type Caller } from './caller.ts';

export const REF = 'claude-code:p/s.jsonl';

/** A server over one session of Claude Code that has these lines; text stands as it is. */
export async function withSession(t: TestContext, lines: readonly unknown[]) {
  const home = await tempFolder(t);
  const file = await writeLines(join(home, 'claude/projects/p/s.jsonl'), lines);
  return { call: await caller(t, home), file, home };
}

export function said(text: string, uuid = text, more: object = {}): object {
  return { type: 'user', uuid, message: { role: 'user', content: text }, ...more };
}

export function called(id: string, input: object): object {
  const content = [{ type: 'tool_use', id, name: 'Bash', input }];
  return { type: 'assistant', uuid: `call ${id}`, message: { content } };
}

export function answered(id: string, output: string): object {
  const content = [{ type: 'tool_result', tool_use_id: id, content: output }];
  return { type: 'user', uuid: `result ${id}`, message: { role: 'user', content } };
}

/** All hits of a text, part by part, and the last part. */
export async function findAll(call: Caller, ref: string, text: string) {
  const hits: ResultOf<typeof transcriptsFind>['hits'] = [];
  let parts = 0;
  let last: ResultOf<typeof transcriptsFind> | undefined;
  for (let from: number | undefined = 0; from !== undefined; from = last.next) {
    const generation: object = last === undefined ? {} : { generation: last.generation };
    last = await call(transcriptsFind, { ref, text, from, ...generation });
    hits.push(...last.hits);
    parts += 1;
  }
  return { hits, parts, last };
}
