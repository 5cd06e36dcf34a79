import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import type { Ground } from './comparing.ts';
import { answerDifferences, Judge } from './differences.ts';
import type { Gateway } from './gateway.ts';
import type { Answer } from './gatewayClient.ts';
import { answerOf, normalisedAnswer, Peer } from './peer.ts';
import { readStore } from './peerStore.ts';

const LIST = {
  includeGlobal: true,
  includeUnknown: true,
  includeDerivedTitles: true,
  includeLastMessage: true,
};

const list = z.object({
  sessions: z.array(z.looseObject({ key: z.string(), label: z.unknown().optional() })),
});
const preview = z.object({
  previews: z.tuple([z.object({ status: z.string(), items: z.array(z.unknown()) })]),
});

test('A gateway that starts goes on with what Lockstep wrote while none ran', async (t) => {
  const peer = await Peer.make(t);
  const lockstep = peer.lockstep();
  await lockstep.request('sessions.patch', { key: 'agent:main:peer:plain', label: 'Written meanwhile' });
  await lockstep.request('sessions.patch', { key: 'agent:support:peer:begun', label: 'Begun meanwhile' });
  await lockstep.request('sessions.compact', { key: 'agent:main:peer:compact', maxLines: 4 });
  await lockstep.request('sessions.reset', { key: 'agent:main:peer:full' });
  await lockstep.request('sessions.delete', { key: 'agent:main:peer:delete' });

  const gateway = await peer.gateway();
  const ground = { ...(await peer.ground()), stateDir: peer.stateDir };
  const listed = await gateway.request('sessions.list', LIST);
  const labels = labelsIn(listed);
  assert.equal(labels.get('agent:main:peer:plain'), 'Written meanwhile');
  assert.equal(labels.get('agent:support:peer:begun'), 'Begun meanwhile');
  assert.equal(labels.get('agent:main:peer:full'), 'Everything');
  assert.equal(labels.has('agent:main:peer:delete'), false);
  assert.equal((await previewOf(gateway, 'agent:main:peer:compact')).items.length, 3);
  assert.equal((await previewOf(gateway, 'agent:main:peer:full')).status, 'empty');

  await gateway.request('sessions.patch', { key: 'agent:main:peer:full', label: 'Of the gateway' });
  const { label, gardenMode } = (await readStore(peer.stateDir))['agent:main:peer:full'] ?? {};
  assert.deepEqual({ label, gardenMode }, { label: 'Of the gateway', gardenMode: { beds: [1, 2] } });

  assertAlike(
    await gateway.request('sessions.list', LIST),
    await answerOf(lockstep, 'sessions.list', LIST),
    ground,
  );
});

test('Lockstep goes on with what a gateway wrote before it stopped', async (t) => {
  const peer = await Peer.make(t);
  const gateway = await peer.gateway();
  const calls = [
    ['sessions.patch', { key: 'agent:main:peer:plain', label: 'Of the gateway', thinkingLevel: 'high' }],
    ['sessions.patch', { key: 'agent:support:peer:begun', label: 'Begun by it' }],
    ['sessions.compact', { key: 'agent:main:peer:compact', maxLines: 4 }],
    ['sessions.reset', { key: 'agent:main:peer:full' }],
    ['sessions.delete', { key: 'agent:main:peer:delete' }],
  ] as const;
  for (const [method, params] of calls) {
    assert.equal((await gateway.request(method, params)).ok, true, method);
  }
  const ground = { ...(await peer.ground()), stateDir: peer.stateDir };
  const listed = await gateway.request('sessions.list', LIST);
  await gateway.stop();

  const lockstep = peer.lockstep();
  assertAlike(listed, await answerOf(lockstep, 'sessions.list', LIST), ground);
  await lockstep.request('sessions.patch', { key: 'agent:support:peer:begun', label: 'Gone on with' });
  const store = await readStore(peer.stateDir, 'support');
  assert.equal(store['agent:support:peer:begun']?.['label'], 'Gone on with');
});

function assertAlike(gateway: Answer, lockstep: Answer, ground: Ground): void {
  const differences = answerDifferences(
    normalisedAnswer(gateway, ground),
    normalisedAnswer(lockstep, ground),
  );
  assert.deepEqual(new Judge().unexplained('sessions.list', differences), []);
}

function labelsIn(answer: Answer): Map<string, unknown> {
  assert.ok(answer.ok);
  return new Map(list.parse(answer.result).sessions.map(({ key, label }) => [key, label]));
}

async function previewOf(gateway: Gateway, key: string) {
  const answer = await gateway.request('sessions.preview', { keys: [key] });
  assert.ok(answer.ok);
  return preview.parse(answer.result).previews[0];
}
