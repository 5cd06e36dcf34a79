import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Sessions in the forms of old, made by hand after the descriptions of these forms. */

export const MESSAGE_ID = '4b1e6c1a-93d4-4d0e-9d7e-3a5cf1e0b001';

export const messageFile = {
  session_id: MESSAGE_ID,
  messages: [
    { role: 'system', content: 'You help in the shop.', timestamp: '2025-11-03T09:00:00.000Z' },
    {
      role: 'user',
      content: 'How many lamps are left?',
      timestamp: '2025-11-03T09:00:01.250Z',
      name: 'Alice',
      images: ['data:image/png;base64,iVBORw0KGgo='],
    },
    {
      role: 'assistant',
      content: null,
      timestamp: '2025-11-03T09:00:02+00:00',
      tool_calls: [
        { id: 'call_1', type: 'function', function: { name: 'stock', arguments: '{"item":"lamp"}' } },
      ],
    },
    {
      role: 'tool',
      content: '{"left":7}',
      timestamp: '2025-11-03T09:00:03.000Z',
      tool_call_id: 'call_1',
      name: 'stock',
    },
    { role: 'assistant', content: 'Seven.', timestamp: '2025-11-03T09:00:04.123456', mood: { calm: true } },
  ],
  metadata: {
    session_key: 'agent:main:shop',
    label: 'Lamps',
    display_name: 'Lamps in the shop',
    colour: 'blue',
  },
  created_at: '2025-11-03T09:00:00.000Z',
  updated_at: '2025-11-03T09:00:05.000Z',
  revision_of_old: 12,
};

export async function writeMessageFiles(project: string): Promise<string> {
  const folder = join(project, '.sessions');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${MESSAGE_ID}.json`), JSON.stringify(messageFile, null, 2));
  await writeFile(
    join(folder, 'telegram-17.json'),
    JSON.stringify({
      messages: [{ role: 'user', content: 'Good morning', timestamp: 1_762_160_400 }],
      metadata: {},
      created_at: '2025-11-03T09:00:00Z',
      updated_at: '2025-11-03T09:00:00Z',
    }),
  );
  await writeFile(
    join(folder, 'session_map.json'),
    JSON.stringify({ 'agent:main:shop': MESSAGE_ID, 'agent:main:telegram': 'telegram-17' }),
  );
  return folder;
}

export const FOLDER_ID = '7c2f0d7b-0a64-4b7f-8a45-5b0d7f3fc002';

export const sessionFile = {
  id: FOLDER_ID,
  userId: 'u-1',
  channelId: 'c-9',
  mode: 'developer',
  task: 'Fix the login test',
  workspace: '/home/dev/projects/shop',
  status: 'paused',
  createdAt: '2026-01-10T08:00:00.000Z',
  updatedAt: '2026-01-10T08:30:00.000Z',
  iterations: 3,
  maxIterations: 10,
  context: { phase: 'test', tried: ['a', 'b'] },
  history: [
    {
      timestamp: '2026-01-10T08:00:00.000Z',
      type: 'start',
      data: { task: 'Fix the login test', mode: 'developer' },
    },
    { timestamp: '2026-01-10T08:01:00.000Z', type: 'iteration', data: { number: 1 } },
    {
      timestamp: '2026-01-10T08:02:00.000Z',
      type: 'tool_call',
      data: { name: 'bash', input: { command: 'npm test' }, output: 'failed' },
      host: 'laptop',
    },
    { timestamp: '2026-01-10T08:03:00.000Z', type: 'Odd Type!', data: 'just a text' },
    { timestamp: '2026-01-10T08:04:00.000Z', type: 'pause', data: { reason: 'lunch' } },
  ],
  metadata: {
    model: 'large-1',
    timeout: 600,
    enableLearning: true,
    delegated: false,
    blockedActions: ['rm'],
    toolsUsed: ['bash', 'edit'],
    cost: 0.42,
    tokens: { prompt: 1200, completion: 300, total: 1500 },
    future: 'kept',
  },
  answer: 42,
};

export async function writeSessionFolders(project: string): Promise<string> {
  const folder = join(project, `session_${FOLDER_ID}`);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'session.json'), JSON.stringify(sessionFile, null, 2));
  await writeFile(join(folder, 'notes.txt'), 'stays here');
  return folder;
}

/** `count` folders of sessions, each with some events. Gives their ids. */
export async function writeManyFolders(project: string, count: number): Promise<string[]> {
  const ids = Array.from(
    { length: count },
    (_, index) => `7c2f0d7b-0a64-4b7f-8a45-${index.toString(16).padStart(12, '0')}`,
  );
  for (const [index, id] of ids.entries()) {
    const folder = join(project, `session_${id}`);
    await mkdir(folder, { recursive: true });
    await writeFile(
      join(folder, 'session.json'),
      JSON.stringify({ ...sessionFile, id, task: `Task ${index}` }),
    );
  }
  return ids;
}
