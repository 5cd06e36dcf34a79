import type { TranscriptHeader } from '../../../../client/transcript/header.ts';
import type { TranscriptItem } from '../../../../server/protocol/transcript.ts';

/** A text in every place of a transcript that takes one, each item with a name of its own that begins with `id`. */
export function inEveryKind(id: string, text: string): TranscriptItem[] {
  const position = 0;
  const call = (name: string, input: unknown, output?: string, isError = false): TranscriptItem => ({
    kind: 'tool_call',
    id: `${id} ${name.slice(0, 20)}`,
    position,
    name,
    input,
    ...(output === undefined ? {} : { result: { output, isError } }),
  });
  return [
    { kind: 'message', id: `${id} user`, position, role: 'user', text },
    { kind: 'message', id: `${id} assistant`, position, role: 'assistant', text, model: text.slice(0, 2000) },
    { kind: 'message', id: `${id} system`, position, role: 'system', text },
    { kind: 'message', id: `${id} injected`, position, role: 'user', text, injected: true },
    { kind: 'thinking', id: `${id} thinking`, position, text },
    call('bash', { command: text, cwd: text, description: text }, text),
    call('exec', { cmd: ['bash', '-lc', text] }, text, true),
    call('task', { prompt: text, [text.slice(0, 500)]: text, nested: { text: [text] } }, text),
    call('edit', { file_path: text.slice(0, 900), old_string: `a\n${text}`, new_string: `${text}\nb` }, text),
    call('read', { path: 'src/a.ts' }, `1\t${text}\n2\t${text}`),
    call('write', { path: 'src/a.html', content: text }, `--- a/x\n+++ b/x\n@@ -1 +1 @@\n-${text}\n+${text}`),
    call('todo', { todos: [{ content: text, status: text.slice(0, 100) }] }),
    call(`${id.slice(0, 10)}${text.slice(0, 1000)}`, text),
    {
      kind: 'tool_result',
      id: `${id} result`,
      position,
      callId: text.slice(0, 100),
      result: { output: text, isError: false },
    },
    { kind: 'iteration', id: `${id} begin`, position, phase: 'begin', number: 1, text },
    { kind: 'iteration', id: `${id} end`, position, phase: 'end', number: 1, text },
    { kind: 'lifecycle', id: `${id} lifecycle`, position, event: 'error', text },
    { kind: 'summary', id: `${id} summary`, position, text },
    { kind: 'compaction', id: `${id} compaction`, position, text },
    { kind: 'learning', id: `${id} learning`, position, insight: text, expertiseFile: text.slice(0, 2000) },
    {
      kind: 'model_change',
      id: `${id} model`,
      position,
      model: text.slice(0, 2000),
      provider: text.slice(0, 2000),
    },
    {
      kind: 'other',
      id: `${id} other`,
      position,
      type: text.slice(0, 2000),
      data: { text, [text.slice(0, 500)]: 1 },
    },
    { kind: 'note', id: `${id} note`, position, severity: 'warning', text },
  ];
}

/** The same for what stands above the transcript. */
export function inHeader(text: string): TranscriptHeader {
  return {
    title: text,
    agent: text,
    model: text,
    place: text,
    activity: { state: 'running', evidence: text },
    actions: [{ command: 'lockstep.session.pause', title: text, icon: 'debug-pause' }],
  };
}
