import * as fc from 'fast-check';

/** A value where a field of the format stands: right, wrong, or hostile. */
const anyValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.json({ maxDepth: 3 }).map((text): unknown => JSON.parse(text)),
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    1e308,
    9e15,
    '',
    '\uD800',
    '2026-01-01T00:00:00Z',
    '+275760-09-13T00:00:00Z',
  ),
  fc.constantFrom('__proto__', 'constructor', '../../etc/passwd', '\0', '<system-reminder>', '<synthetic>'),
);

const blockType = fc.constantFrom(
  'text',
  'image',
  'thinking',
  'tool_use',
  'toolCall',
  'tool_result',
  'document',
  'x',
);

const anyBlock = fc.oneof(
  anyValue,
  fc.record(
    {
      type: blockType,
      text: anyValue,
      thinking: anyValue,
      id: anyValue,
      name: anyValue,
      input: anyValue,
      arguments: anyValue,
      tool_use_id: anyValue,
      content: anyValue,
      is_error: anyValue,
    },
    { requiredKeys: ['type'] },
  ),
  fc.record({ type: fc.constant('text'), text: fc.string({ unit: 'binary' }) }),
  fc.record({
    type: fc.constant('tool_use'),
    id: fc.constantFrom('a', 'b'),
    name: fc.string(),
    input: anyValue,
  }),
  fc.record({ type: fc.constant('tool_result'), tool_use_id: fc.constantFrom('a', 'b'), content: anyValue }),
);

const anyMessage = fc.record(
  {
    role: fc.constantFrom('user', 'assistant', 'toolResult', 'bashExecution', 'branchSummary', 'custom'),
    content: fc.oneof(fc.string(), fc.array(anyBlock, { maxLength: 4 }), anyValue),
    id: anyValue,
    model: anyValue,
    usage: fc.oneof(
      anyValue,
      fc.record({ input: anyValue, input_tokens: anyValue, output: anyValue, cost: anyValue }),
    ),
    stopReason: anyValue,
    errorMessage: anyValue,
    toolCallId: anyValue,
    command: anyValue,
    summary: anyValue,
    tokensBefore: anyValue,
  },
  { requiredKeys: ['role', 'content'] },
);

export const anyRecord = fc.record(
  {
    type: fc.oneof(
      fc.constantFrom('user', 'assistant', 'system', 'summary', 'custom-title', 'ai-title', 'progress'),
      fc.constantFrom('session', 'message', 'model_change', 'compaction', 'branch_summary', 'session_info'),
    ),
    message: fc.oneof({ weight: 4, arbitrary: anyMessage }, anyValue),
    uuid: anyValue,
    id: anyValue,
    parentId: anyValue,
    sessionId: anyValue,
    agentId: anyValue,
    timestamp: anyValue,
    cwd: anyValue,
    isSidechain: anyValue,
    isMeta: anyValue,
    subtype: fc.constantFrom('compact_boundary', 'stop_hook_summary', 'x', 1),
    content: anyValue,
    compactMetadata: anyValue,
    summary: anyValue,
    leafUuid: anyValue,
    name: anyValue,
    modelId: anyValue,
    tokensBefore: anyValue,
  },
  { requiredKeys: ['type'] },
);

const anyLine = fc.oneof(
  { weight: 5, arbitrary: anyRecord.map((record) => Buffer.from(JSON.stringify(record))) },
  { weight: 1, arbitrary: fc.json().map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('{"__proto__":{"type":"user"}}', '\uFEFF{}', '[[[[', '1e999', '\0\0\0')
      .map((text) => Buffer.from(text)),
  },
);

/** Lines of every agent, right, wrong and hostile. */
export const anyFile = fc
  .tuple(fc.array(anyLine, { maxLength: 12 }), fc.constantFrom('\n', '\r\n', '\r'))
  .map(([lines, lineEnd]) => Buffer.concat(lines.flatMap((line) => [line, Buffer.from(lineEnd)])));
