import type { TranscriptItem } from '../../../../server/protocol/transcript.ts';
import { CANARY } from './hostileText.ts';

const position = 0;

const prototypeNames = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__defineGetter__',
  'then',
  'undefined',
  'null',
  'NaN',
  '',
  ' ',
  '0',
  '-1',
];

/** As JSON.parse makes it: `__proto__` is a key like any other. */
const withKey = (key: string, value: unknown): unknown =>
  JSON.parse(`{${JSON.stringify(key)}:${JSON.stringify(value)}}`);

function named(name: string): TranscriptItem[] {
  return [
    { kind: 'tool_call', id: name, position, callId: name, name, input: withKey(name, { [name]: name }) },
    {
      kind: 'tool_call',
      id: `${name} edit`,
      position,
      callId: `${name} edit`,
      name: 'edit',
      input: withKey(name, 'text'),
      result: { output: name, isError: false },
    },
    {
      kind: 'tool_result',
      id: `${name} r`,
      position,
      callId: `gone ${name}`,
      result: { output: name, isError: true },
    },
    { kind: 'other', id: `${name} o`, position, type: name, data: withKey(name, withKey(name, 1)) },
    {
      kind: 'message',
      id: `${name} m`,
      position,
      role: 'assistant',
      text: `\`\`\`${name}\nx\n\`\`\`\n[${name}](${name}) \`${name}.ts\``,
      model: name,
    },
    { kind: 'model_change', id: `${name} c`, position, model: name, provider: name },
  ];
}

const ids = [
  '"',
  "'",
  '\\',
  ']',
  '"]',
  '"] , * , [x="',
  `"><img src=x onerror=${CANARY}>`,
  'a b\tc\nd',
  '\0',
  '\ud800',
  'x'.repeat(100_000),
  '#id .class > *',
  '{0}',
  '${x}',
  'sentinel ',
];

function nested(depth: number, open: string, close: string): unknown {
  return JSON.parse(`${open.repeat(depth)}1${close.repeat(depth)}`);
}

const inputs: readonly unknown[] = [
  Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`key ${index}`, index])),
  Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`key ${index}`, 'x'.repeat(2000)])),
  nested(500, '[', ']'),
  nested(500, '{"a":', '}'),
  { command: nested(400, '[', ']'), file_path: nested(400, '{"a":', '}') },
  Array.from({ length: 10_000 }, () => ({})),
  Array.from({ length: 5000 }, () => ({ content: 'x', status: 'done' })),
  { todos: Array.from({ length: 3000 }, () => ({ content: 'x', status: 'in_progress' })) },
  { command: Array.from({ length: 5000 }, () => "it's") },
  { file_path: 'a.ts', edits: Array.from({ length: 500 }, () => ({ old_string: 'a', new_string: 'b' })) },
  { file_path: 'a.ts', old_string: 'a\nb\n'.repeat(2000), new_string: 'b\na\n'.repeat(2000) },
  { file_path: 'a.ts', content: '\r\n\r'.repeat(3000) },
  `*** Begin Patch\n${'*** Update File: a.ts\n@@\n-a\n+b\n'.repeat(800)}`,
  '*** Begin Patch\n*** Update File: \n*** Move to: ../../x\n@@ @@ @@\n*** End Patch\n*** End Patch',
  null,
  true,
  0,
  -0,
  1e308,
  -1e-308,
  '',
  '\ud800',
  [],
  [[]],
  {},
  { '': '' },
  { command: null, file_path: 1, path: [], prompt: {}, edits: 'x', old_string: 1 },
];

const paths = [
  '../../../../etc/passwd',
  '/etc/passwd',
  '~/.ssh/id_rsa',
  'file:///etc/passwd',
  'file://evil.test/share/a.ts',
  '\\\\evil.test\\share\\a.ts',
  '//evil.test/share/a.ts',
  'C:\\Windows\\System32\\calc.exe',
  'src/a\nb.ts',
  'src/a\0.ts',
  'src/\u202est.a',
  '-rf /',
  'src/a.ts:999999999999999999999',
  'src/a.ts:0:0',
  'src/a.ts:-1',
  'src/a.ts#L1e9',
  'command:x/a.ts',
  'javascript:a/b.ts',
  `src/"><img src=x onerror=${CANARY}>.ts`,
  `${'../'.repeat(300)}x.ts`,
  'con.ts',
  'a/'.repeat(5000),
  'src/%2e%2e%2f%2e%2e/x.ts',
  '$(touch x).ts',
  'a.ts; rm -rf ~',
];

const times = [
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00.000Z',
  '1969-12-31T23:59:59.999999999999Z',
  '9999-12-31T23:59:59.999Z',
  '2026-01-01T00:00:00.00000000000000000000000000000001Z',
];

const most = Number.MAX_SAFE_INTEGER;
const tokens = { input: most, output: most, cacheRead: most, cacheWrite: most, total: most };

/** Lists with no more in them than a page would have, and with values at the limits of what the schema lets in. */
const extremes: readonly TranscriptItem[] = [
  ...times.flatMap((timestamp, index): TranscriptItem[] => [
    {
      kind: 'message',
      id: `time ${index}`,
      position,
      role: 'assistant',
      text: 'When?',
      timestamp,
      tokens,
      costUsd: 1e308,
    },
    { kind: 'iteration', id: `time i ${index}`, position, phase: 'begin', number: most, timestamp },
    { kind: 'note', id: `time n ${index}`, position, severity: 'info', text: 'When?', line: most, timestamp },
  ]),
  {
    kind: 'message',
    id: 'cheap',
    position,
    role: 'assistant',
    text: '',
    costUsd: Number.MIN_VALUE,
    tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
  },
  { kind: 'compaction', id: 'compaction', position, tokensBefore: most },
  ...[0, Number.MIN_VALUE, 1e-9, 999.9999, 59_999.9, 1e15, 1e308].map(
    (durationMs, index): TranscriptItem => ({
      kind: 'tool_call',
      id: `duration ${index}`,
      position,
      name: 'bash',
      result: { output: '', isError: false, durationMs, exitCode: index % 2 === 0 ? -most : most },
    }),
  ),
  ...[1, 2, 3].map((index): TranscriptItem => ({
    kind: 'message',
    id: 'same',
    position,
    role: 'user',
    text: `the same id ${index}`,
  })),
  ...[1, 2].flatMap((index): TranscriptItem[] => [
    { kind: 'tool_call', id: `twice ${index}`, position, callId: 'twice', name: 'bash', input: index },
    {
      kind: 'tool_result',
      id: `twice r ${index}`,
      position,
      callId: 'twice',
      result: { output: `${index}`, isError: false },
    },
  ]),
];

/** Items whose form does the harm, not their text. */
export const hostileRecords: readonly TranscriptItem[] = [
  ...prototypeNames.flatMap(named),
  ...ids.map((id): TranscriptItem => ({
    kind: 'thinking',
    id,
    position,
    text: 'An item with an unusual name',
  })),
  ...inputs.map((input, index): TranscriptItem => ({
    kind: 'tool_call',
    id: `input ${index}`,
    position,
    name: index % 2 === 0 ? 'edit' : 'bash',
    input,
    result: { output: '', isError: false },
  })),
  ...inputs
    .slice(2)
    .filter((_, index) => index % 3 === 0)
    .map((data, index): TranscriptItem => ({
      kind: 'other',
      id: `data ${index}`,
      position,
      type: 'x',
      data,
    })),
  ...paths.flatMap((path, index): TranscriptItem[] => [
    {
      kind: 'tool_call',
      id: `path ${index}`,
      position,
      name: 'read',
      input: { file_path: path, path, cwd: path },
      result: { output: `1\tconst a;\n2\t${path}`, isError: false },
    },
    {
      kind: 'tool_call',
      id: `path edit ${index}`,
      position,
      name: 'edit',
      input: { file_path: path, old_string: 'a', new_string: path },
    },
    {
      kind: 'learning',
      id: `path l ${index}`,
      position,
      insight: `\`${path}\` [it](${path}) [it](<${path}>)`,
      expertiseFile: path,
    },
  ]),
  ...extremes,
];
