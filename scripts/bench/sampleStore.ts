import { DatabaseSync } from 'node:sqlite';
import { v7 as uuidv7 } from 'uuid';
import { Connection } from '../../server/store/connection.ts';

const DAY_MS = 86_400_000;
const WORDS = ['login', 'parser', 'layout', 'cache', 'search', 'export', 'retry', 'colour', 'index', 'queue'];
const STATUSES = [
  'completed',
  'completed',
  'completed',
  'completed',
  'failed',
  'active',
  'paused',
  'timeout',
];

export const EVENTS = 20;

/**
 * A store of sessions with 20 events each: the start, then iterations, messages and tool calls in turn. Written row by
 * row in large transactions, since making it is not what is measured; the rows are what the store itself would write.
 */
export function makeStore(path: string, sessions: number): void {
  // Makes the schema.
  new Connection(path, { networkType: () => undefined }).close();
  const db = new DatabaseSync(path);
  db.exec('PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF;');
  const session = db.prepare(
    `INSERT INTO sessions (id, kind, label, title, mode, task, status, iterations, max_iterations, user_id, workspace,
       context, tokens_input, tokens_output, tokens_cache_read, tokens_cache_write, tokens_total, cost_usd, tool_calls,
       errors, messages, tools_used, blocked_actions, metadata, pausing, revision, created_at, updated_at, ended_at,
       last_seq, iteration_open)
     VALUES (?, 'session', NULL, ?, 'developer', ?, ?, 6, 50, ?, ?, '{"phase":"test"}', 6000, 600, 0, 0, 6600, 0.12, 6,
       0, 7, '["bash"]', '[]', '{}', 0, ?, ?, ?, ?, ${EVENTS}, 0)`,
  );
  const event = db.prepare(
    'INSERT INTO events (session_id, seq, timestamp, type, data) VALUES (?, ?, ?, ?, ?)',
  );
  const now = Date.now();
  for (let from = 0; from < sessions; from += 5000) {
    db.exec('BEGIN');
    for (let index = from; index < Math.min(from + 5000, sessions); index++) {
      const at = now - Math.floor(((sessions - index) / sessions) * 90 * DAY_MS);
      const id = uuidv7({ msecs: at });
      const word = WORDS[index % WORDS.length] ?? '';
      const status = STATUSES[index % STATUSES.length] ?? 'active';
      const ended = status === 'completed' || status === 'failed' ? at + 600_000 : null;
      const task = `Mend the ${word} of module ${index} so that its tests pass, and say what was wrong with it. ${'More words of the task. '.repeat(8)}`;
      const title = `Mend the ${word} of module ${index}`;
      session.run(
        id,
        title,
        task,
        status,
        `user-${index % 20}`,
        `/home/dev/projects/p${index % 30}`,
        index + 1,
        at,
        ended ?? at,
        ended,
      );
      for (let seq = 1; seq <= EVENTS; seq++) {
        const [type, data] = sampleEvent(seq, index);
        event.run(id, seq, at + seq * 1000, type, JSON.stringify(data));
      }
    }
    db.exec('COMMIT');
  }
  db.prepare('UPDATE store_state SET revision = ?').run(sessions);
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
}

function sampleEvent(seq: number, index: number): [string, object] {
  if (seq === 1) return ['start', { task: `Mend module ${index}`, mode: 'developer', maxIterations: 50 }];
  switch (seq % 3) {
    case 0:
      return ['iteration', { phase: 'test' }];
    case 1:
      return [
        'tool_call',
        { name: 'bash', input: { command: 'npm test' }, output: 'ok\n'.repeat(60), durationMs: 900 },
      ];
    default:
      return [
        'message',
        {
          role: 'assistant',
          content: `Step ${seq} of module ${index}. ${'The test failed since the value was read before it was set. '.repeat(4)}`,
          usage: { input: 1000, output: 100, cacheRead: 0, cacheWrite: 0 },
        },
      ];
  }
}
