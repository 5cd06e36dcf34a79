import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type * as z from 'zod';
import type { Client } from '../../../server/methods/client.ts';
import { wireError, type WireError } from '../../../server/protocol/error.ts';
import type { Method } from '../../../server/protocol/method.ts';
import { session, type Session } from '../../../server/protocol/session.ts';
import * as lifecycle from '../../../server/protocol/sessionLifecycleMethods.ts';
import { createServer } from '../../../server/server.ts';
import { tempFolder } from '../../support/tempFolder.ts';

/** Calls that are the holder's while somebody holds the session. */
export const HOLDERS: Readonly<Record<string, object>> = {
  'sessions.iterate': {},
  'sessions.endIteration': {},
  'sessions.complete': {},
  'sessions.fail': { error: 'broken' },
  'sessions.updateContext': { patch: { a: 1 } },
  'sessions.recordToolCall': { name: 'bash', input: {}, output: 'ok' },
  'sessions.recordLearning': { insight: 'It rains' },
  'sessions.addEvent': { type: 'note' },
  'sessions.addMessage': { role: 'user', content: 'Hello' },
};

/** Calls on a server: by nobody in particular, or by clients that stay. */
export async function newServer(t: TestContext) {
  const home = await tempFolder(t);
  const log: string[] = [];
  const server = createServer({
    env: { LOCKSTEP_HOME: home, CLAUDE_CONFIG_DIR: `${home}/claude`, PI_CODING_AGENT_DIR: `${home}/pi` },
    userHome: home,
    logger: { log: (level, message, facts) => log.push(`${level} ${message} ${JSON.stringify(facts)}`) },
  });
  t.after(() => server.dispose());
  const { registry } = server;
  /** What a call of nobody in particular answers. */
  const outcome = (name: string, params: object) => registry.call(name, params);
  async function call<P extends z.ZodType, R extends z.ZodType>(
    method: Method<P, R>,
    params: z.input<P>,
    by: Pick<Client, 'call'> = registry,
  ): Promise<z.output<R>> {
    const answer = await by.call(method.name, params);
    if (!answer.ok) throw Object.assign(new Error(answer.error.message), answer.error);
    return method.result.parse(JSON.parse(JSON.stringify(answer.result)));
  }
  const begin = (maxIterations = 50) =>
    call(lifecycle.sessionsStart, { task: 't', mode: 'm', maxIterations });
  const connect = () => {
    const client = server.connect();
    t.after(() => client.close());
    return client;
  };
  async function failure(name: string, params: object): Promise<WireError> {
    const answer = await outcome(name, params);
    assert.ok(!answer.ok, `${name} was let in`);
    return wireError.parse(answer.error);
  }
  async function success(name: string, params: object): Promise<Session> {
    const answer = await outcome(name, params);
    assert.ok(answer.ok, `${name}: ${answer.ok ? '' : answer.error.message}`);
    return session.parse(JSON.parse(JSON.stringify(answer.result)));
  }
  return { home, log, begin, call, connect, outcome, failure, success };
}
