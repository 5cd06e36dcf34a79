import assert from 'node:assert/strict';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sessionsList, sessionsPreview, sessionsResolve } from '../../../server/protocol/openclawMethods.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { newCli } from '../doors/cli/inProcess.ts';
import { openclawAt } from '../sources/openclaw/stateDirectory.ts';
import { fixture } from './openclawFixture.ts';

describe('sessions.resolve', () => {
  it('finds a session by key, id or label', async (t) => {
    const { call } = await fixture(t);
    for (const [params, key] of [
      [{ key: 'main' }, 'agent:main:main'],
      [{ key: 'AGENT:Main:discord:channel:77' }, 'agent:main:discord:channel:77'],
      [{ key: 'whatsapp:group:99@g.us' }, 'agent:main:whatsapp:group:99@g.us'],
      [{ sessionId: '5e550004-0c0c-4d4d-8e8e-0123456789ab' }, 'agent:main:cron:beds'],
      [{ label: '  Cron: beds ' }, 'agent:main:cron:beds'],
      [{ label: 'lookup', agentId: 'support' }, 'agent:support:subagent:two'],
      [{ label: 'lookup', spawnedBy: 'agent:main:main' }, 'agent:main:subagent:one'],
      [{ sessionId: '5e550013-0c0c-4d4d-8e8e-0123456789ab', includeGlobal: true }, 'global'],
    ] as const) {
      assert.deepEqual(await call(sessionsResolve, params), { ok: true, key }, JSON.stringify(params));
    }
  });

  it('says in the words of the gateway what it did not find, or found twice', async (t) => {
    const { fails } = await fixture(t);
    for (const [params, code, words] of [
      [{}, 'INVALID_PARAMS', 'Either key, sessionId, or label is required'],
      [{ key: ' ' }, 'INVALID_PARAMS', 'Either key, sessionId, or label is required'],
      [
        { key: 'main', label: 'a' },
        'INVALID_PARAMS',
        'Provide either key, sessionId, or label (not multiple)',
      ],
      [{ key: 'agent:main:nope' }, 'SESSION_NOT_FOUND', 'No session found: agent:main:nope'],
      [{ sessionId: 'nope' }, 'SESSION_NOT_FOUND', 'No session found: nope'],
      [{ label: 'LOOKUP' }, 'SESSION_NOT_FOUND', 'No session found with label: LOOKUP'],
      [
        { label: 'lookup' },
        'INVALID_PARAMS',
        'Multiple sessions found with label: lookup (agent:support:subagent:two, agent:main:subagent:one)',
      ],
    ] as const) {
      const error = await fails(sessionsResolve, params);
      assert.deepEqual([error.code, error.message], [code, words]);
    }
  });
});

describe('a state directory', () => {
  it('is the one that a call names, or the command line; a missing one is said', async (t) => {
    const { dir } = await fixture(t);
    const empty = await tempFolder(t);
    const { call, fails } = openclawAt(empty);
    assert.equal((await call(sessionsList)).count, 0);
    assert.equal((await call(sessionsList, { source: `openclaw:${dir}` })).count, 13);
    const missing = await fails(sessionsList, { source: `openclaw:${join(empty, 'no')}` });
    assert.deepEqual([missing.code, missing.details['path']], ['STORE_UNAVAILABLE', join(empty, 'no')]);
    for (const source of ['pi:/x', 'openclaw:', 'openclaw:relative'])
      assert.equal((await fails(sessionsList, { source })).code, 'INVALID_PARAMS', source);
    const { run } = await newCli(t);
    const args = ['call', 'sessions.resolve', '{"key": "main"}'];
    const ran = await run([...args, '--source', `openclaw:${dir}`]);
    assert.deepEqual([ran.code, JSON.parse(ran.stdout)], [0, { ok: true, key: 'agent:main:main' }]);
    assert.equal((await run([...args, '--source', dir])).code, 2);
    const stdin = '{"jsonrpc": "2.0", "id": 1, "method": "sessions.list", "params": {"limit": 1}}\n';
    const served = await run(['rpc', '--source', `openclaw:${dir}`], { stdin });
    assert.match(served.stdout, /"totalCount":13/);
  });

  it('is not changed by reading', async (t) => {
    const { dir, call } = await fixture(t);
    const look = async () => {
      const names = (await readdir(dir, { recursive: true })).sort();
      return Promise.all(names.map(async (name) => [name, (await stat(join(dir, name))).mtimeMs]));
    };
    const before = await look();
    await call(sessionsList, { includeDerivedTitles: true, includeLastMessage: true });
    await call(sessionsPreview, { keys: ['main'] });
    await call(sessionsResolve, { key: 'main' });
    assert.deepEqual(await look(), before);
    await rm(dir, { recursive: true });
    assert.equal((await call(sessionsList)).count, 0);
  });
});
