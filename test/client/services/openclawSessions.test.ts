import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import {
  isChangeable,
  isDeletable,
  isOpenclaw,
  isSameRow,
  readRow,
  sourceOf,
  transcriptOf,
  type OpenclawSession,
} from '../../../client/services/openclawSessions.ts';
import { sessionsPatch } from '../../../server/protocol/openclawWriteMethods.ts';
import { copyOfFixture } from '../../server/sources/openclaw/stateDirectory.ts';
import { callStore } from './storeCall.ts';

const session = (
  key: string,
  more: Partial<OpenclawSession['openclaw']> = {},
  stateDir = '/claw',
): OpenclawSession => ({
  ref: `openclaw:sessions/${key}`,
  source: 'openclaw',
  id: key,
  path: '/claw/agents/main/sessions/one.jsonl',
  title: key,
  updatedAt: '2026-11-01T10:00:00.000Z',
  partial: false,
  activity: { state: 'idle', evidence: '' },
  damagedLines: 0,
  openclaw: { key, era: 'file', stateDir, archived: false, protected: false, ...more },
});

describe('sessions of OpenClaw', () => {
  it('can be changed where they are in files, and deleted unless they are the main one', () => {
    assert.ok(isDeletable(session('agent:main:one')));
    const main = session('agent:main:main', { protected: true });
    assert.ok(isChangeable(main) && !isDeletable(main));
    const inDatabase = session('agent:main:one', { era: 'sqlite' });
    assert.ok(isOpenclaw(inDatabase) && !isChangeable(inDatabase));
  });

  it('are none of which an entry knows nothing, and none of the runs of a cron job', () => {
    const { openclaw: _, ...loose } = session('loose');
    assert.ok(!isOpenclaw(loose));
    assert.ok(!isOpenclaw(session('agent:main:cron:beds:run:17')));
    assert.ok(isOpenclaw(session('agent:main:cron:beds')));
  });

  it('have a transcript where they have a size', () => {
    assert.equal(transcriptOf(session('agent:main:one')), undefined);
    assert.match(transcriptOf({ ...session('agent:main:one'), sizeBytes: 1 }) ?? '', /one\.jsonl$/);
  });

  const onDisk = async (t: TestContext) => {
    const { call } = await callStore(t);
    return { call, stateDir: await copyOfFixture(t) };
  };

  it('are read as they stand on disk, whatever they are and however many keys are like theirs', async (t) => {
    const { call, stateDir } = await onDisk(t);
    for (const [key, archived] of [
      ['agent:main:main', false],
      ['agent:main:cron:beds', false],
      ['agent:main:put-away', true],
      ['global', false],
      ['unknown', false],
    ] as const) {
      const row = await readRow(call, session(key, { archived }, stateDir));
      assert.equal(row?.key, key);
    }
    assert.equal(await readRow(call, session('agent:main:nobody', {}, stateDir)), undefined);
  });

  it('are not the same once something has changed them', async (t) => {
    const { call, stateDir } = await onDisk(t);
    const one = session('agent:main:webchat:seeds', {}, stateDir);
    const before = await readRow(call, one);
    assert.ok(before);
    assert.ok(isSameRow(before, await readRow(call, one)));
    await call(sessionsPatch, { source: sourceOf(one), key: one.openclaw.key, label: 'Seeds' });
    assert.ok(!isSameRow(before, await readRow(call, one)));
    assert.ok(!isSameRow(before, undefined));
  });
});
