import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { systemProcesses } from '../../../../server/platform/systemProcesses.ts';
import { endGroup } from '../../../../server/workflows/supervisor/endGroup.ts';
import { groupMembers, isGroupGone } from '../../../../server/workflows/supervisor/groupMembers.ts';
import { startOfChild } from '../../../../server/workflows/supervisor/linuxMembers.ts';
import { MARKER, hasMarker, markersWithin } from '../../../../server/workflows/supervisor/marker.ts';
import type { ProcessGroup } from '../../../../server/workflows/supervisor/processGroup.ts';
import { until } from '../../../support/until.ts';
import { killAllWith, processesWith } from '../markedProcesses.ts';

/** A shell that leads a group, with its children, all of which have a tag; its script's first line of output is waited for. */
async function group(t: TestContext, script: string, env: Record<string, string> = {}) {
  const tag = `TEST_TAG=${randomUUID()}`;
  const marker = randomUUID();
  const child = spawn('bash', ['-c', `${script}; :`], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], TEST_TAG: tag, [MARKER]: marker, ...env },
  });
  const { pid } = child;
  assert.ok(pid !== undefined);
  const processStart = startOfChild(pid);
  t.after(() => killAllWith(tag));
  await once(child.stdout, 'data');
  const record: ProcessGroup = { pid, processStart, marker };
  return { record, tag, child };
}

const SLEEP = 'sleep 100000';

describe('a group of processes', () => {
  it('is there while its leader is, and is ended with its children', async (t) => {
    const { record, tag } = await group(t, `${SLEEP} & echo; ${SLEEP}`);
    await until(() => processesWith(tag).length === 3);
    assert.equal((await groupMembers(record)).ours.length, 3);
    assert.equal(await isGroupGone(record), false);
    assert.deepEqual(await endGroup(record), { left: [] });
    assert.equal(await isGroupGone(record), true);
    assert.deepEqual(processesWith(tag), []);
  });

  it('is still there when only a child is left that has the marker', async (t) => {
    const { record, tag, child } = await group(t, `${SLEEP} >/dev/null & echo`);
    await once(child, 'close');
    assert.equal(await isGroupGone(record), false);
    assert.deepEqual(await endGroup(record), { left: [] });
    assert.deepEqual(processesWith(tag), []);
  });

  it('holds what is in its session, though in another group and without the marker', async (t) => {
    const { record, tag } = await group(t, `set -m; env -u ${MARKER} ${SLEEP} & echo; ${SLEEP}`);
    await until(() => processesWith(tag).length === 3);
    assert.deepEqual(await endGroup(record), { left: [] });
    assert.deepEqual(processesWith(tag), []);
  });

  it('is not touched, and not proved gone, where the leader is gone and no member has the marker', async (t) => {
    const { record, tag, child } = await group(t, `env -u ${MARKER} ${SLEEP} >/dev/null & echo`);
    await once(child, 'close');
    await until(() => processesWith(tag).length === 1 && processesWith(record.marker).length === 0);
    const [left] = processesWith(tag);
    assert.equal(await isGroupGone(record), false);
    assert.deepEqual(await endGroup(record, { graceMs: 0 }), { left: [left] });
    assert.deepEqual(processesWith(tag), [left]);
    // Who has made the group just now knows better.
    assert.deepEqual(await endGroup(record, { isOursForSure: true }), { left: [] });
    assert.deepEqual(processesWith(tag), []);
  });

  it('is gone when its number is that of a later process, which is let be', async (t) => {
    const { record, tag } = await group(t, `echo; ${SLEEP}`);
    await until(() => processesWith(tag).length === 2);
    const earlier = { pid: record.pid, processStart: '1', marker: randomUUID() };
    assert.equal(await isGroupGone(earlier), true);
    assert.deepEqual(await endGroup(earlier, { isOursForSure: true }), { left: [] });
    assert.equal(processesWith(tag).length, 2);
  });

  it('is gone when the system was started anew, whatever has its number now', async (t) => {
    const { record, tag } = await group(t, `echo; ${SLEEP}`);
    await until(() => processesWith(tag).length === 2);
    const { bootId } = await systemProcesses().machine();
    assert.equal(await isGroupGone({ ...record, bootId }), false);
    const before = { ...record, bootId: randomUUID() };
    assert.equal(await isGroupGone(before), true);
    assert.deepEqual(await endGroup(before), { left: [] });
    assert.equal(processesWith(tag).length, 2);
  });

  it('has no number where pids are counted otherwise: its marker alone tells it', async (t) => {
    const { record, tag } = await group(t, `env -u ${MARKER} ${SLEEP} & echo; ${SLEEP}`);
    await until(() => processesWith(tag).length === 3 && processesWith(record.marker).length === 2);
    const { pidNamespace } = await systemProcesses().machine();
    assert.equal((await groupMembers({ ...record, pidNamespace })).ours.length, 3);
    const elsewhere = { ...record, pidNamespace: 'pid:[1]' };
    assert.equal((await groupMembers(elsewhere)).ours.length, 2);
    assert.equal(await isGroupGone({ ...elsewhere, marker: randomUUID() }), true);
  });

  it('is gone when nothing has its number or its marker', async () => {
    const child = spawn('true', { detached: true });
    await once(child, 'exit');
    assert.equal(await isGroupGone({ pid: child.pid, marker: randomUUID() }), true);
  });

  it('ends what ignores SIGTERM with SIGKILL', async (t) => {
    const { record, tag } = await group(t, `trap '' TERM; ${SLEEP} & echo; ${SLEEP}; ${SLEEP}`);
    await until(() => processesWith(tag).length === 3);
    assert.deepEqual(await endGroup(record, { graceMs: 50 }), { left: [] });
    assert.deepEqual(processesWith(tag), []);
  });
});

describe('a marker', () => {
  it('is found beside that of an agent around it, and nowhere else', () => {
    const both = markersWithin({ [MARKER]: 'outer' }, 'inner');
    const environ = `A=outer\0${MARKER}=${both}\0B=1\0`;
    assert.ok(hasMarker(environ, 'outer') && hasMarker(environ, 'inner'));
    assert.ok(!hasMarker(environ, 'inn') && !hasMarker('A=inner\0', 'inner') && !hasMarker('', 'inner'));
    assert.equal(markersWithin({}, 'inner'), 'inner');
  });
});
