import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';

// An agent of the Agent Client Protocol, written by hand, so that it can do what the SDK would keep it from. What it
// does is its first argument. It imports nothing that has to be loaded: it is started dozens of times.

/** A message of Lockstep's, which its tests hold to the protocol. */
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly sessionId?: string };
  readonly result?: unknown;
  readonly error?: { readonly code: number };
}

function isMessage(value: unknown): value is Message {
  return typeof value === 'object' && value !== null;
}

const [behaviour = '', argument = ''] = process.argv.slice(2);
const waiting = new Map<number, (answer: Message) => void>();
let nextId = 0;
let cancelled: (() => void) | undefined;

function write(text: string): void {
  for (let bytes = Buffer.from(text); bytes.length > 0;) bytes = bytes.subarray(writeSync(1, bytes));
}
function send(message: object): void {
  write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}
function update(update: object): void {
  send({ method: 'session/update', params: { sessionId: 's1', update } });
}
function say(text: string, sessionUpdate = 'agent_message_chunk'): void {
  update({ sessionUpdate, content: { type: 'text', text } });
}
function ask(method: string, params: object): Promise<Message> {
  const id = nextId++;
  send({ id, method, params });
  return new Promise((resolve) => waiting.set(id, resolve));
}
function askPermission(options: unknown): Promise<Message> {
  return ask('session/request_permission', {
    sessionId: 's1',
    toolCall: { toolCallId: 'c1', title: 'Delete the house' },
    options,
  });
}

const capabilities: Readonly<Record<string, object>> = {
  load: { loadSession: true },
  loadFails: { loadSession: true },
  resume: { sessionCapabilities: { resume: {} } },
};

/** What it does with a prompt; it gives the stop reason, or the whole result. */
const turns: Readonly<Record<string, () => string | object | Promise<string | object>>> = {
  dies: () => {
    say('I begin');
    writeSync(2, 'one line\nthe model is gone\n');
    process.exit(3);
  },
  garbage: () => {
    write(
      'npm warn something\n\n[1,2]\n17\n{"jsonrpc":"2.0","id":99,"result":{}}\n{"jsonrpc":"1.0","method":"x"}\n',
    );
    write('{"jsonrpc":"2.0","method":5}\n{"jsonrpc":"2.0","id":{},"method":"x"}\n{"half\n');
    say('still here');
    return 'end_turn';
  },
  unknown: async () => {
    update({ sessionUpdate: 'dream', of: 'sheep' });
    update({ sessionUpdate: 'tool_call', toolCallId: 5 });
    send({ method: 'session/update', params: 'none' });
    send({ method: '_vendor/thing', params: {} });
    const { error } = await ask('fs/read_text_file', { sessionId: 's1', path: '/etc/passwd' });
    say(`code ${error?.code}`);
    return 'end_turn';
  },
  floods: () => {
    for (;;) say('word '.repeat(100));
  },
  longLine: () => {
    for (;;) write('x'.repeat(64 * 1024));
  },
  silent: () => {
    update({ sessionUpdate: 'tool_call', toolCallId: 'c1', title: 'Wait', kind: 'other' });
    return new Promise(() => undefined);
  },
  stop: () => argument,
  permission: async () => {
    const { result } = await askPermission(JSON.parse(argument));
    say(JSON.stringify(result));
    return 'end_turn';
  },
  badPermission: async () => {
    const { error } = await ask('session/request_permission', { options: 'all' });
    say(`code ${error?.code}`);
    return 'end_turn';
  },
  permissionThenCancel: async () => {
    const gone = new Promise<void>((resolve) => (cancelled = resolve));
    const { result } = await askPermission([
      { optionId: 'y', name: 'Yes', kind: 'allow_once' },
      { optionId: 'n', name: 'No', kind: 'reject_once' },
    ]);
    await gone;
    say(JSON.stringify(result));
    return 'cancelled';
  },
  usage: () => {
    update({
      sessionUpdate: 'usage_update',
      used: 1_000,
      size: 9_000,
      cost: { amount: 0.25, currency: 'USD' },
    });
    update({ sessionUpdate: 'usage_update', used: 700, size: 9_000, cost: { amount: 0.5, currency: 'USD' } });
    return {
      stopReason: 'end_turn',
      usage: { totalTokens: 5_000, inputTokens: 4_000, outputTokens: 600, cachedReadTokens: 400 },
    };
  },
  euros: () => {
    update({ sessionUpdate: 'usage_update', used: 10, size: 10, cost: { amount: 1, currency: 'EUR' } });
    return 'end_turn';
  },
  load: () => {
    update({ sessionUpdate: 'usage_update', used: 10, size: 10, cost: { amount: 3, currency: 'USD' } });
    say('the new answer');
    return 'end_turn';
  },
  loadFails: () => 'end_turn',
  resume: () => 'end_turn',
  words: () => {
    for (const word of ['I ', 'look', ' first.']) say(word, 'agent_thought_chunk');
    for (const word of ['DO', 'NE', '\nwell']) say(word);
    return 'end_turn';
  },
  deep: () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const call = `"sessionUpdate":"tool_call","toolCallId":"c1","title":"Dig","rawInput":${deep}`;
    write(`{"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s1","update":{${call}}}}\n`);
    update({
      sessionUpdate: 'tool_call_update',
      toolCallId: 'c1',
      status: 'failed',
      rawOutput: { text: 'x'.repeat(2_000_000) },
    });
    return 'end_turn';
  },
  stays: () => {
    process.on('SIGTERM', () => undefined);
    setInterval(() => undefined, 1e6);
    say('done');
    return 'end_turn';
  },
};

async function answer({ id, method, params }: Message): Promise<void> {
  const reply = (result: unknown) => send({ id, result });
  switch (method) {
    case 'initialize':
      if (behaviour === 'neverAnswers') return;
      reply({
        protocolVersion: behaviour === 'otherVersion' ? 7 : 1,
        agentCapabilities: capabilities[behaviour] ?? {},
      });
      return;
    case 'session/new':
      if (behaviour === 'auth')
        send({
          id,
          error: { code: -32000, message: 'Authentication required', data: { details: 'no key' } },
        });
      else reply(behaviour === 'badSession' ? { sessionId: 12 } : { sessionId: 's1' });
      return;
    case 'session/load':
      if (behaviour === 'loadFails') {
        send({ id, error: { code: -32602, message: 'Invalid session identifier' } });
        return;
      }
      say('an old answer');
      update({ sessionUpdate: 'usage_update', used: 5, size: 10, cost: { amount: 2, currency: 'USD' } });
      reply({});
      return;
    case 'session/resume':
      say(`resumed ${params?.sessionId}`);
      reply({});
      return;
    case 'session/prompt': {
      const stop = await turns[behaviour]?.();
      reply(typeof stop === 'string' ? { stopReason: stop } : stop);
      return;
    }
    case 'session/cancel':
      cancelled?.();
      return;
    default:
      throw new Error(`nobody taught me ${method}`);
  }
}

createInterface({ input: process.stdin }).on('line', (line) => {
  const message: unknown = JSON.parse(line);
  if (!isMessage(message)) throw new Error(`this is no message: ${line}`);
  if (message.method === undefined) waiting.get(message.id ?? -1)?.(message);
  else void answer(message);
});
