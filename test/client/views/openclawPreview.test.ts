import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PlannedSession } from '../../../client/views/openclawPreview.ts';
import { inEnglish } from './inEnglish.ts';

const { changesOf, isNothing, openclawReport } = await inEnglish(
  () => import('../../../client/views/openclawPreview.ts'),
);

const planned = (more: Partial<PlannedSession> = {}): PlannedSession => ({
  session: {
    ref: 'openclaw:sessions/one',
    source: 'openclaw',
    id: 'one',
    path: '/claw/agents/main/sessions/one.jsonl',
    sizeBytes: 10,
    title: 'Seeds & soil',
    updatedAt: '2026-11-01T10:00:00.000Z',
    partial: false,
    activity: { state: 'idle', evidence: '' },
    damagedLines: 0,
    openclaw: { key: 'agent:main:one', era: 'file', stateDir: '/claw', archived: false, protected: false },
  },
  row: {
    key: 'agent:main:one',
    kind: 'direct',
    updatedAt: 1,
    archived: false,
    pinned: false,
    unread: false,
    totalTokens: 12_345,
    totalTokensFresh: true,
  },
  lines: undefined,
  children: 0,
  ...more,
});

describe('what would be done with a session of OpenClaw', () => {
  it('by a reset: what the transcript is called then, and which counts go', () => {
    assert.deepEqual(changesOf({ kind: 'reset' }, planned()), [
      'The transcript one.jsonl is renamed to one.jsonl.reset.<time>, unless another session uses it too.',
      'A new transcript begins. The label and the settings stay.',
      'Its token counts are set to 0: 12,345 now.',
    ]);
  });

  it('by deleting it: which entry goes, what the transcript is called then, and who stays', () => {
    assert.deepEqual(changesOf({ kind: 'delete' }, planned({ children: 2 })), [
      'Its entry is removed: agent:main:one',
      'The transcript one.jsonl is renamed to one.jsonl.deleted.<time>, unless another session uses it too.',
      'Its sub-agents stay: 2.',
    ]);
  });

  it('by compacting it: which lines stay, and where the whole is kept', () => {
    assert.deepEqual(changesOf({ kind: 'compact', maxLines: 400 }, planned({ lines: 1000 })), [
      'Of its 1,000 lines, 400 stay: the first and the last ones. 600 are removed.',
      'The whole transcript is kept as one.jsonl.bak.<time>.',
      'Its token counts are cleared: 12,345 now.',
    ]);
    assert.deepEqual(changesOf({ kind: 'compact', maxLines: 400 }, planned({ lines: 400 })), [
      'Its transcript has 400 lines, so there is nothing to do.',
    ]);
    assert.ok(isNothing({ kind: 'compact', maxLines: 400 }, planned({ lines: 400 })));
    assert.ok(!isNothing({ kind: 'compact', maxLines: 400 }, planned({ lines: 401 })));
    assert.ok(!isNothing({ kind: 'reset' }, planned()));
  });

  it('warns where an agent works on it', () => {
    const { session, ...rest } = planned();
    const busy = { ...session, activity: { state: 'running', evidence: 'process 7' } as const };
    assert.match(
      changesOf({ kind: 'reset' }, { ...rest, session: busy }).at(-1) ?? '',
      /works on it now \(process 7\)/,
    );
  });

  it('stands on a page for several', () => {
    const page = openclawReport({ kind: 'delete' }, [planned(), planned()]);
    assert.match(page, /^# Lockstep: What Deleting Would Do\n\nThis is the plan\./);
    assert.equal(page.match(/## Seeds \\& soil\n/g)?.length, 2);
    assert.match(page, /- The transcript one\.jsonl is renamed to one\.jsonl\.deleted\.\\<time\\>, unless/);
  });
});
