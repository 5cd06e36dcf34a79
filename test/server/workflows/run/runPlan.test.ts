import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sessionsAddEvent, sessionsEvents } from '../../../../server/protocol/sessionHistoryMethods.ts';
import { sessionsStart, sessionsUpdate } from '../../../../server/protocol/sessionLifecycleMethods.ts';
import { sessionsGet } from '../../../../server/protocol/sessionQueryMethods.ts';
import { runsGet } from '../../../../server/protocol/workflowMethods.ts';
import { makeRun, planned } from './driveRun.ts';
import { runFolder } from './runFolder.ts';

test('the plan of a run stays as it is, and the rest of its metadata is for others to change', async (t) => {
  const { call, folder } = await runFolder(t);
  const { id } = await makeRun(call, folder, [planned(folder, 'a')]);
  for (const plan of [null, { name: 'other' }])
    await assert.rejects(call(sessionsUpdate, { id, metadata: { plan } }), {
      code: 'INVALID_PARAMS',
      message: /its plan stays as it was/,
    });
  await call(sessionsUpdate, { id, title: 'Mine', metadata: { mine: 1 } });
  assert.equal((await call(sessionsGet, { id })).metadata['mine'], 1);
  assert.equal((await call(runsGet, { id })).name, 'test');
  const other = await call(sessionsStart, { task: 'x', mode: 'x', metadata: { plan: 1 } });
  assert.equal((await call(sessionsUpdate, { id: other.id, metadata: { plan: 2 } })).metadata['plan'], 2);
});

test('the events that a run is made of are its own: nobody else adds one, and others they may', async (t) => {
  const place = await runFolder(t);
  const { call } = place;
  const { id } = await makeRun(call, place.folder, [planned(place.folder, 'a')]);
  for (const type of ['run.state', 'run.agent', 'run.request'])
    await assert.rejects(call(sessionsAddEvent, { id, type, data: {} }), {
      code: 'INVALID_PARAMS',
      message:
        /^type: session .* is a run of a workflow, whose run\.\w+ events are its own\. Use runs\.continue/,
    });
  await call(sessionsAddEvent, { id, type: 'note', data: {} });
  const { id: other } = await call(sessionsStart, { task: 'x', mode: 'x' });
  await call(sessionsAddEvent, { id: other, type: 'run.state', data: {} });
  assert.deepEqual(
    (await call(sessionsEvents, { id, types: ['note', 'run.agent'] })).events.map(({ type }) => type),
    ['note'],
  );
});
