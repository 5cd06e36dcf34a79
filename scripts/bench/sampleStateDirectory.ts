import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const LINES = 21;

/**
 * A state directory of OpenClaw's file era with one agent: entries of some 1.8 KB, as a gateway of 2026.7 writes them,
 * and transcripts of 21 lines and some 10 KB. Gives the path of its `sessions.json`.
 */
export async function makeStateDirectory(dir: string, sessions: number): Promise<string> {
  const folder = join(dir, 'agents', 'main', 'sessions');
  await mkdir(folder, { recursive: true });
  await writeFile(join(dir, 'openclaw.json'), '{"agents":{"defaults":{"model":"openai/gpt-5.5"}}}');
  const now = Date.now();
  const store: Record<string, unknown> = {};
  for (let index = 0; index < sessions; index++) {
    const id = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
    const sessionFile = join(folder, `${id}.jsonl`);
    store[`agent:main:bench:${index}`] = entry(id, sessionFile, index, now - (sessions - index) * 60_000);
    await writeFile(sessionFile, transcript(id, index));
  }
  const path = join(folder, 'sessions.json');
  await writeFile(path, JSON.stringify(store, null, 2), { mode: 0o600 });
  return path;
}

function entry(sessionId: string, sessionFile: string, index: number, updatedAt: number): object {
  return {
    sessionId,
    updatedAt,
    sessionFile,
    systemSent: true,
    abortedLastRun: false,
    chatType: 'direct',
    channel: 'telegram',
    thinkingLevel: 'medium',
    verboseLevel: 'off',
    model: 'gpt-5.5',
    modelProvider: 'openai',
    contextTokens: 272_000,
    inputTokens: 1000 + index,
    outputTokens: 200,
    totalTokens: 9000,
    totalTokensFresh: true,
    compactionCount: 0,
    origin: {
      label: `User ${index}`,
      provider: 'telegram',
      surface: 'telegram',
      chatType: 'direct',
      from: `telegram:${index}`,
      to: `telegram:${index}`,
      accountId: 'default',
    },
    deliveryContext: { channel: 'telegram', to: `telegram:${index}`, accountId: 'default' },
    lastChannel: 'telegram',
    lastTo: `telegram:${index}`,
    lastAccountId: 'default',
    skillsSnapshot: {
      prompt: 'A skill is a folder with instructions. '.repeat(20),
      skills: [{ name: 'weather' }],
      version: 0,
    },
  };
}

function transcript(id: string, index: number): string {
  const lines: object[] = [
    {
      type: 'session',
      version: 3,
      id,
      timestamp: '2026-11-01T00:00:00.000Z',
      cwd: '/home/dev/.openclaw/workspace',
    },
  ];
  for (let line = 1; line < LINES; line++) {
    const role = line % 2 === 1 ? 'user' : 'assistant';
    lines.push({
      type: 'message',
      id: String(line).padStart(8, '0'),
      parentId: line === 1 ? null : String(line - 1).padStart(8, '0'),
      timestamp: '2026-11-01T00:00:01.000Z',
      message: {
        role,
        content: [
          { type: 'text', text: `Line ${line} of ${index}. ${'Some words that were said. '.repeat(11)}` },
        ],
      },
    });
  }
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}
