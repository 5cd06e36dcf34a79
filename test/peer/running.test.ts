import assert from 'node:assert/strict';
import { readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import * as z from 'zod';
import { RpcError, type RpcClient } from '../support/rpcClient.ts';
import type { Gateway } from './gateway.ts';
import { Peer } from './peer.ts';
import { AGENTS, readStore } from './peerStore.ts';

const WRITES: readonly (readonly [method: string, params: object])[] = [
  ['sessions.patch', { key: 'agent:main:peer:plain', label: "The gateway's own" }],
  ['sessions.compact', { key: 'agent:main:peer:compact', maxLines: 4 }],
  ['sessions.reset', { key: 'agent:main:peer:full' }],
  ['sessions.delete', { key: 'agent:main:peer:delete' }],
];

const details = z.object({ command: z.string() });

test('Beside a gateway that runs', async (t) => {
  const peer = await Peer.make(t);
  const gateway = await peer.gateway();
  const lockstep = peer.lockstep();

  for (const [method, params] of WRITES) {
    await t.test(`${method} is refused, and writes nothing`, async () => {
      const before = await contentsOf(peer);
      await refusalOf(lockstep, method, params);
      assert.deepEqual(await contentsOf(peer), before);
    });

    await t.test(`${method} is done by the command that the refusal names`, async () => {
      const { command } = await refusalOf(lockstep, method, params);
      const before = await contentsOf(peer);
      const { code, stdout, stderr } = await gateway.shell(command);
      assert.equal(code, 0, stderr);
      assert.match(stdout, /"ok": true/);
      assert.notDeepEqual(await contentsOf(peer), before);
    });
  }

  await t.test('the commands did what Lockstep was asked for', async () => {
    const store = await readStore(peer.stateDir);
    assert.equal(store['agent:main:peer:plain']?.['label'], "The gateway's own");
    assert.equal(store['agent:main:peer:full']?.['totalTokens'], 0);
    assert.equal('totalTokens' in (store['agent:main:peer:compact'] ?? {}), false);
    assert.equal(store['agent:main:peer:delete'], undefined);
  });

  await t.test('a link to its state directory hides it from nobody', async () => {
    const link = `${peer.stateDir}-link`;
    await symlink(peer.stateDir, link);
    await refusalOf(peer.lockstep(link), 'sessions.patch', { key: 'main', label: 'By the link' });
  });

  await t.test('another state directory is written to', async () => {
    await assertWrites(peer.lockstep(await peer.copy('other')));
  });
});

test('A gateway that was killed keeps nobody from writing', async (t) => {
  const peer = await Peer.make(t);
  const gateway = await peer.gateway();
  const lockstep = peer.lockstep();
  await refusalOf(lockstep, 'sessions.patch', { key: 'main', label: 'While it runs' });
  await gateway.kill();
  assert.equal((await locksOf(gateway)).length, 1, 'its lock is still there');
  await assertWrites(lockstep);
});

test('A gateway that was stopped keeps nobody from writing', async (t) => {
  const peer = await Peer.make(t);
  const gateway = await peer.gateway();
  await gateway.stop();
  assert.deepEqual(await locksOf(gateway), []);
  await assertWrites(peer.lockstep());
});

/** What a refused call says besides its message. */
async function refusalOf(lockstep: RpcClient, method: string, params: object) {
  const error: unknown = await lockstep.request(method, params).catch((reason: unknown) => reason);
  assert.ok(error instanceof RpcError);
  assert.equal(error.code, 'STORE_UNAVAILABLE');
  const { command } = details.parse(error.data['details']);
  assert.ok(error.message.includes(command));
  assert.ok(command.includes(`openclaw gateway call ${method} `));
  return { command };
}

async function assertWrites(lockstep: RpcClient): Promise<void> {
  const patch = { key: 'agent:main:main', label: 'Written' };
  const result = z
    .object({ entry: z.looseObject({ label: z.string() }) })
    .parse(await lockstep.request('sessions.patch', patch));
  assert.equal(result.entry.label, 'Written');
}

async function locksOf(gateway: Gateway): Promise<string[]> {
  const names = await readdir(gateway.temporaryFolder, { recursive: true });
  return names.filter((name) => /^openclaw-\d+\/gateway\.\w+\.lock$/.test(name));
}

/** All files of the sessions of all agents. */
async function contentsOf({ stateDir }: Peer): Promise<ReadonlyMap<string, string>> {
  const folders = AGENTS.map((agent) => join(stateDir, 'agents', agent, 'sessions'));
  const files = await Promise.all(
    folders.map(async (folder) => (await readdir(folder)).map((name) => join(folder, name))),
  );
  const texts = files.flat().map(async (file) => [file, await readFile(file, 'utf8')] as const);
  return new Map(await Promise.all(texts));
}
