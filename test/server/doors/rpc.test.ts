import assert from 'node:assert/strict';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { sessionsAddMessage, sessionsEvents } from '../../../server/protocol/sessionHistoryMethods.ts';
import { sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { sessionsGet, sessionsStats } from '../../../server/protocol/sessionQueryMethods.ts';
import { sourcesList } from '../../../server/protocol/sourceMethods.ts';
import { RpcClient } from '../../support/rpcClient.ts';
import { tempFolder } from '../../support/tempFolder.ts';

describe('lockstep rpc', () => {
  it('answers each call by its id, also where many are under way', async (t) => {
    const client = new RpcClient(t, await tempFolder(t));
    const started = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        client.call(sessionsStart, { task: `task ${index}`, mode: 'm' }),
      ),
    );
    assert.deepEqual(
      started.map(({ task }) => task),
      Array.from({ length: 20 }, (_, index) => `task ${index}`),
    );
    assert.equal(await client.stop(), 0);
  });

  it('answers what it was asked before its input closed, then ends by itself', async (t) => {
    const client = new RpcClient(t, await tempFolder(t));
    const answers = Promise.all(
      Array.from({ length: 10 }, () => client.call(sessionsStart, { task: 't', mode: 'm' })),
    );
    client.child.stdin?.end();
    assert.equal((await answers).length, 10);
    if (client.child.exitCode === null) await once(client.child, 'close');
    assert.equal(client.child.exitCode, 0);
  });

  it('uses the error codes of JSON-RPC, with the wire error as data', async (t) => {
    const client = new RpcClient(t, await tempFolder(t));
    await assert.rejects(client.request('no.such', {}), { rpcCode: -32601 });
    await assert.rejects(client.request('sessions.start', { mode: 'm' }), {
      rpcCode: -32602,
      code: 'INVALID_PARAMS',
    });
    await assert.rejects(client.request('sessions.get', { id: 'x' }), {
      rpcCode: -32000,
      code: 'SESSION_NOT_FOUND',
    });
    for (const [line, code] of [
      ['not json\n', -32700],
      ['[]\n', -32600],
      ['{"id":1,"method":"sessions.stats"}\n', -32600],
      ['{"jsonrpc":"2.0","id":{},"method":"x"}\n', -32600],
    ] as const) {
      const told = once(client.notifications, 'stray');
      client.write(line);
      assert.match(JSON.stringify(await told), new RegExp(String(code)));
    }
    assert.equal((await client.call(sessionsStats, {})).total, 0, 'it goes on after all that');
  });

  it('takes a call without params, blank lines and CRLF, and does a notification without an answer', async (t) => {
    const client = new RpcClient(t, await tempFolder(t));
    const changed = once(client.notifications, 'lockstep/didChange');
    client.write('\n\r\n{"jsonrpc":"2.0","method":"sessions.start","params":{"task":"t","mode":"m"}}\r\n');
    await changed;
    assert.equal((await client.call(sessionsStats, {})).total, 1);
    client.write('{"jsonrpc":"2.0","id":-5,"method":"sessions.stats"}\n');
    assert.match(JSON.stringify(await once(client.notifications, 'stray')), /"total":1/);
    assert.deepEqual(client.strays.length, 1);
  });

  it('splits lines at LF alone and keeps every character', async (t) => {
    const client = new RpcClient(t, await tempFolder(t));
    const { id } = await client.call(sessionsStart, { task: 't', mode: 'm' });
    const content = 'a\u2028b\u2029c\u0085d\r\n"\\ 😀 \u0000 é';
    await client.call(sessionsAddMessage, { id, role: 'user', content });
    const { events } = await client.call(sessionsEvents, { id, types: ['message'] });
    assert.equal(events[0]?.data['content'], content);
  });

  it('reads a message that comes byte by byte', async (t) => {
    const client = new RpcClient(t, await tempFolder(t));
    const { id } = await client.call(sessionsStart, { task: 'é😀', mode: 'm' });
    const bytes = Buffer.from(`{"jsonrpc":"2.0","id":-1,"method":"sessions.get","params":{"id":"${id}"}}\n`);
    const told = once(client.notifications, 'stray');
    for (const byte of bytes) client.child.stdin?.write(Buffer.of(byte));
    assert.match(JSON.stringify(await told), /é😀/);
  });

  it('tells of changes that another process makes', async (t) => {
    const home = await tempFolder(t);
    const [one, other] = [new RpcClient(t, home), new RpcClient(t, home)];
    await one.call(sessionsStats, {});
    const told = once(one.notifications, 'lockstep/didChange');
    const { id, revision } = await other.call(sessionsStart, { task: 't', mode: 'm' });
    assert.deepEqual(await told, [{ revision }]);
    assert.equal((await one.call(sessionsGet, { id })).id, id);
  });

  it('answers more than a slow reader takes at once, without filling its memory', async (t) => {
    const client = new RpcClient(t, await tempFolder(t));
    const context = { text: 'x'.repeat(200_000) };
    const { id } = await client.call(sessionsStart, { task: 't', mode: 'm', context });
    client.child.stdout?.pause();
    const answers = Promise.all(Array.from({ length: 300 }, () => client.call(sessionsGet, { id })));
    client.child.stdout?.resume();
    assert.equal((await answers).length, 300);
  });

  it('fails calls, not itself, when the store cannot be opened', async (t) => {
    const home = await tempFolder(t);
    await writeFile(`${home}/file`, '');
    const client = new RpcClient(t, `${home}/file`);
    await assert.rejects(client.call(sessionsStats, {}), { code: 'STORE_UNAVAILABLE' });
    assert.equal((await client.call(sourcesList, {})).sources.length, 3);
    await rm(`${home}/file`);
    assert.equal((await client.call(sessionsStats, {})).total, 0);
  });
});
