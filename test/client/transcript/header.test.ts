import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HeaderSession } from '../../../client/transcript/header.ts';
import {
  headerOfSession,
  headerOfSource,
  transcriptHeader,
  withoutActions,
} from '../../../client/transcript/header.ts';
import { fill } from '../../../client/transcript/strings.ts';

const none = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 };
const session: HeaderSession = {
  id: '1',
  kind: 'session',
  title: 'Fix it',
  mode: 'code',
  task: 'Fix it',
  status: 'active',
  iterations: 3,
  maxIterations: 50,
  tokens: none,
  toolCalls: 0,
  errors: 0,
  messages: 0,
  toolsUsed: [],
  blockedActions: [],
  pausing: false,
  revision: 1,
  createdAt: '2026-11-21T09:00:00.000Z',
  updatedAt: '2026-11-21T09:00:00.000Z',
};

test("a session's header: tokens and cost only where there are any", () => {
  const header = transcriptHeader.parse(JSON.parse(JSON.stringify(headerOfSession(session))));
  assert.deepEqual(header, {
    title: 'Fix it',
    agent: 'Lockstep',
    status: 'active',
    pausing: false,
    iterations: { done: 3, max: 50 },
  });
});

test("a foreign session's header: what is known of its state, and whether its counts are whole", () => {
  const header = headerOfSource(
    {
      ref: 'pi:a.jsonl',
      source: 'pi',
      id: 'a',
      path: '/a.jsonl',
      title: 'Look',
      updatedAt: '2026-11-21T09:00:00.000Z',
      sizeBytes: 10,
      tokens: { ...none, input: 5, total: 5 },
      partial: true,
      activity: { state: 'open', evidence: 'The last turn is not finished' },
      damagedLines: 0,
    },
    'pi',
  );
  assert.equal(header.agent, 'pi');
  assert.equal(header.activity?.state, 'open');
  assert.equal(header.tokens?.total, 5);
  assert.equal(header.partial, true);
  assert.equal('iterations' in header, false);
});

test('texts are filled once: what looks like a place in a value stays', () => {
  assert.equal(fill('{0} of {1} {2}', '{1}', 2), '{1} of 2 {2}');
});

test('nothing can be done with a session that is gone; what was known of it stays', () => {
  const header = headerOfSession(session);
  const actions = [{ command: 'pause', title: 'Pause', icon: 'debug-pause' }];
  assert.deepEqual(withoutActions({ ...header, actions }), header);
});
