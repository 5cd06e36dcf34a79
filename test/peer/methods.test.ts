import assert from 'node:assert/strict';
import { test } from 'node:test';
import { READS, WRITES } from './cases.ts';
import { differencesOf, type Ground } from './comparing.ts';
import { answerDifferences, Judge } from './differences.ts';
import type { Answer } from './gatewayClient.ts';
import { answerOf, filesOf, normalisedAnswer, Peer, storesOf } from './peer.ts';

interface Side {
  readonly ground: Ground;
  readonly answer: (method: string, params: unknown) => Promise<Answer>;
}

test('Lockstep and the gateway of OpenClaw, over equal stores,', async (t) => {
  const judge = new Judge();
  const peer = await Peer.make(t);
  const untouched = await peer.copy('untouched');
  const running = await peer.gateway();
  const equal = await peer.copy('equal');
  const ground = await peer.ground();
  const lockstepAt = (stateDir: string): Side => {
    const client = peer.lockstep(stateDir);
    return {
      ground: { ...ground, stateDir },
      answer: (method, params) => answerOf(client, method, params),
    };
  };
  const gateway: Side = {
    ground: { ...ground, stateDir: peer.stateDir },
    answer: (method, params) => running.request(method, params),
  };
  const lockstep = lockstepAt(equal);
  /** Over the store as it was before a gateway put it in order. */
  const early = lockstepAt(untouched);

  const faultsOf = async (method: string, calls: readonly object[], other: Side) => {
    const faults = [];
    for (const params of calls) {
      const theirs = normalisedAnswer(await gateway.answer(method, params), gateway.ground);
      const ours = normalisedAnswer(await other.answer(method, params), other.ground);
      const found = judge.unexplained(method, answerDifferences(theirs, ours));
      faults.push(...found.map((difference) => ({ call: JSON.stringify(params), ...difference })));
    }
    return faults;
  };

  for (const [method, calls] of READS) {
    await t.test(`answer ${method} alike`, async () => {
      assert.deepEqual(await faultsOf(method, calls, lockstep), []);
    });
    await t.test(`answer ${method} alike where no gateway has put the store in order yet`, async () => {
      assert.deepEqual(await faultsOf(method, calls, early), []);
    });
  }

  for (const [method, calls] of WRITES) {
    await t.test(`answer ${method} alike`, async () => {
      assert.deepEqual(await faultsOf(method, calls, lockstep), []);
    });
  }

  await t.test('leave equal entries behind', async () => {
    const differences = differencesOf(await storesOf(gateway.ground), await storesOf(lockstep.ground));
    assert.deepEqual(judge.unexplained('sessions.json', differences), []);
  });

  await t.test('leave equal transcripts and archives behind', async () => {
    const differences = differencesOf(await filesOf(gateway.ground), await filesOf(lockstep.ground));
    assert.deepEqual(judge.unexplained('files', differences), []);
  });

  await t.test('differ in everything that is said to be a deliberate difference', () => {
    assert.deepEqual(judge.unmet(), []);
  });
});
