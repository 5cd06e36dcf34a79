import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { sessionsList } from '../../../server/protocol/openclawMethods.ts';
import { sessionsPatch } from '../../../server/protocol/openclawWriteMethods.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { NOW, openclawAt, parseStore, writeStore, type Store } from '../sources/openclaw/stateDirectory.ts';

const CONFIG = { agents: { defaults: { model: 'openai/gpt-5.5' } } };

const SOME: Store = {
  'agent:main:main': { sessionId: 'id-main', updatedAt: 5 },
  'agent:main:a': {
    sessionId: 'id-a',
    updatedAt: 7,
    label: 'taken',
    future: { deep: [1.5, null] },
    provider: 'telegram',
    totalTokens: 'many',
  },
  'agent:main:subagent:one': { sessionId: 'id-one', updatedAt: 9 },
};

async function state(t: TestContext, store: Store | string = SOME, config: unknown = CONFIG) {
  const dir = join(await tempFolder(t), 'state');
  const path = await writeStore(dir, 'main', store);
  await writeFile(join(dir, 'openclaw.json'), JSON.stringify(config));
  const { call, fails } = openclawAt(dir);
  return {
    dir,
    path,
    call,
    fails,
    patch: (params: object) => call(sessionsPatch, params),
    refused: async (params: object) => {
      const before = await readFile(path, 'utf8');
      const { code, message } = await fails(sessionsPatch, params);
      assert.equal(await readFile(path, 'utf8'), before, 'nothing is written');
      return [code, message];
    },
    store: async (agent = 'main') =>
      parseStore(await readFile(join(dir, 'agents', agent, 'sessions', 'sessions.json'), 'utf8')),
  };
}

describe('sessions.patch', () => {
  it('writes what it answers, and nothing else changes', async (t) => {
    const { patch, store, path } = await state(t);
    const answer = await patch({ key: ' A ', label: ' New ', thinkingLevel: 'HIGH' });
    const entry = { ...SOME['agent:main:a'], label: 'New', thinkingLevel: 'high', updatedAt: NOW };
    assert.deepEqual([answer.ok, answer.key, answer.path, answer.entry], [true, 'agent:main:a', path, entry]);
    assert.deepEqual(
      [answer.resolved.modelProvider, answer.resolved.model, answer.resolved.thinkingLevel],
      ['openai', 'gpt-5.5', 'high'],
    );
    assert.deepEqual(answer.resolved.thinkingLevels?.map(({ id }) => id).slice(0, 2), ['off', 'minimal']);
    assert.deepEqual(await store(), { ...SOME, 'agent:main:a': entry });
    assert.deepEqual(await readdir(join(path, '..')), ['sessions.json']);
  });

  it('begins a session for a key that is not there, also of an agent that is not', async (t) => {
    const { patch, store } = await state(t);
    const { entry, key } = await patch({ key: 'New', verboseLevel: 'full' });
    assert.equal(key, 'agent:main:new');
    assert.match(String(entry['sessionId']), /^[0-9a-f-]{36}$/);
    assert.deepEqual(
      [entry['updatedAt'], entry['verboseLevel'], Object.keys(entry).length],
      [NOW, 'full', 3],
    );
    assert.deepEqual((await store())['agent:main:new'], entry);
    const other = await patch({ key: 'agent:work:main' });
    assert.deepEqual((await store('work'))['agent:work:main'], other.entry);
    assert.deepEqual((await store())['agent:main:main'], SOME['agent:main:main']);
  });

  it('raises updatedAt though nothing else does, and never lowers it', async (t) => {
    const { patch } = await state(t, { 'agent:main:a': { sessionId: '1', updatedAt: NOW + 5 } });
    assert.equal((await patch({ key: 'main' })).entry['updatedAt'], NOW);
    assert.equal((await patch({ key: 'a' })).entry['updatedAt'], NOW + 5);
  });

  it('takes every value of every field, and null takes the field away', async (t) => {
    const { patch } = await state(t);
    for (const [field, values] of [
      [
        'label',
        [
          ['x', 'x'],
          [' y ', 'y'],
          ['z'.repeat(512), 'z'.repeat(512)],
        ],
      ],
      ['category', [[' work ', 'work']]],
      [
        'thinkingLevel',
        ['off', 'minimal', 'low', 'medium', 'high', 'xhigh'].map((one) => [` ${one.toUpperCase()} `, one]),
      ],
      ['verboseLevel', ['on', 'off', 'full'].map((one) => [one, one])],
      ['traceLevel', ['on', 'off', 'raw'].map((one) => [one, one])],
      ['reasoningLevel', ['on', 'off', 'stream'].map((one) => [one, one])],
      [
        'responseUsage',
        [
          ['off', 'off'],
          ['tokens', 'tokens'],
          ['full', 'full'],
          ['on', 'tokens'],
        ],
      ],
      ['elevatedLevel', ['on', 'off', 'ask', 'full'].map((one) => [one, one])],
      ['execHost', ['auto', 'sandbox', 'gateway', 'node'].map((one) => [one, one])],
      ['execSecurity', ['deny', 'allowlist', 'full'].map((one) => [one, one])],
      ['execAsk', ['off', 'on-miss', 'always'].map((one) => [one, one])],
      ['execNode', [[' box-1 ', 'box-1']]],
      ['sendPolicy', ['allow', 'deny'].map((one) => [one, one])],
      ['groupActivation', ['mention', 'always'].map((one) => [one, one])],
      [
        'fastMode',
        [
          [true, true],
          [false, false],
          ['auto', 'auto'],
        ],
      ],
    ] as [string, [unknown, unknown][]][]) {
      for (const [given, stored] of values) {
        const { entry } = await patch({ key: 'main', [field]: given });
        assert.equal(entry[field], stored, `${field}: ${String(given)}`);
      }
      const { entry } = await patch({ key: 'main', [field]: null });
      assert.ok(!(field in entry), field);
    }
  });

  it('refuses other values, in the words of OpenClaw', async (t) => {
    const { refused } = await state(t);
    for (const [params, message] of [
      [{ label: ' ' }, 'invalid label: empty'],
      [{ category: ' ' }, 'invalid category: empty'],
      [{ thinkingLevel: 'huge' }, 'invalid thinkingLevel (use off|minimal|low|medium|high|xhigh)'],
      [{ verboseLevel: 'x' }, 'invalid verboseLevel (use "on"|"off"|"full")'],
      [{ traceLevel: 'x' }, 'invalid traceLevel (use "on"|"off"|"raw")'],
      [{ reasoningLevel: 'x' }, 'invalid reasoningLevel (use "on"|"off"|"stream")'],
      [{ elevatedLevel: 'x' }, 'invalid elevatedLevel (use "on"|"off"|"ask"|"full")'],
      [{ execHost: 'x' }, 'invalid execHost (use "auto"|"sandbox"|"gateway"|"node")'],
      [{ execSecurity: 'x' }, 'invalid execSecurity (use "deny"|"allowlist"|"full")'],
      [{ execAsk: 'x' }, 'invalid execAsk (use "off"|"on-miss"|"always")'],
      [{ execNode: ' ' }, 'invalid execNode: empty'],
      [{ model: ' ' }, 'invalid model: empty'],
      [{ spawnedBy: 'main' }, 'spawnedBy is only supported for subagent:* or acp:* sessions'],
      [{ inheritedToolDeny: ['x'] }, 'inheritedToolDeny is only supported for subagent:* or acp:* sessions'],
      [{ archived: true }, "Cannot archive an agent's main session."],
      [{ displayName: 'x' }, "invalid sessions.patch params: at root: unexpected property 'displayName'"],
      [{ label: 7 }, 'invalid sessions.patch params: at /label: must be string'],
      [{ key: '  ' }, 'key required'],
      [{ key: '' }, 'invalid sessions.patch params: at /key: must not have fewer than 1 characters'],
      [{ key: undefined }, "invalid sessions.patch params: must have required property 'key'"],
      [{ agentId: 'nobody' }, 'Unknown agent id "nobody"'],
    ] as const) {
      assert.deepEqual(await refused({ key: 'main', ...params }), ['INVALID_PARAMS', message]);
    }
    for (const field of [
      'responseUsage',
      'sendPolicy',
      'groupActivation',
      'fastMode',
      'subagentRole',
      'pinned',
    ]) {
      const [code, message] = await refused({ key: 'main', [field]: 'x' });
      assert.equal(code, 'INVALID_PARAMS');
      assert.match(message ?? '', new RegExp(`^invalid sessions\\.patch params: at /${field}: must `));
    }
    assert.equal((await refused({ key: 'main', label: 'z'.repeat(513) }))[0], 'INVALID_PARAMS');
  });

  it('lets a label be once in a store, whatever the form of the keys, but in each store', async (t) => {
    const { patch, refused, dir } = await state(t);
    await writeStore(dir, 'work', { 'agent:work:a': { sessionId: '1', updatedAt: 1, label: 'other' } });
    assert.deepEqual(await refused({ key: 'main', label: ' taken ' }), [
      'LABEL_TAKEN',
      'label already in use: taken',
    ]);
    await patch({ key: 'a', label: 'taken' });
    await patch({ key: 'main', label: 'other' });
    await patch({ key: 'main', label: 'Taken' });
    await patch({ key: 'a', label: null });
    await patch({ key: 'main', label: 'taken' });
  });

  it('does not take the label of a session for that of another where its key is there in two forms', async (t) => {
    const { patch } = await state(t, {
      'Agent:Main:A': { sessionId: '1', updatedAt: 1, label: 'mine' },
      'agent:main:a': { sessionId: '2', updatedAt: 2 },
    });
    assert.equal((await patch({ key: 'a', label: 'mine' })).entry['sessionId'], '2');
  });

  it('moves an entry from an old form of its key, with all that it holds', async (t) => {
    for (const old of ['Agent:Main:A', 'a', 'A']) {
      const { patch, store, call } = await state(t, { [old]: { sessionId: '1', updatedAt: 1, future: 1.5 } });
      assert.equal((await patch({ key: 'agent:main:a', category: 'c' })).key, 'agent:main:a');
      assert.deepEqual(await store(), {
        'agent:main:a': { sessionId: '1', updatedAt: NOW, future: 1.5, category: 'c' },
      });
      assert.equal((await call(sessionsList)).count, 1);
    }
    const { patch, store } = await state(
      t,
      { home: { sessionId: '1', updatedAt: 1 } },
      { ...CONFIG, session: { mainKey: 'home' } },
    );
    await patch({ key: 'main' });
    await patch({ key: 'home' });
    assert.deepEqual(Object.keys(await store()), ['agent:main:main']);
  });

  it('writes whose sub-agent a session is just once', async (t) => {
    const { patch, refused } = await state(t);
    const key = 'subagent:one';
    await patch({ key, spawnedBy: null });
    const { entry } = await patch({
      key,
      spawnedBy: ' agent:main:main ',
      spawnDepth: 1,
      subagentRole: 'leaf',
      subagentControlScope: 'none',
      spawnedCwd: '/w',
      spawnedWorkspaceDir: '/w',
      inheritedToolAllow: [' bash ', 'bash', 'read'],
    });
    assert.deepEqual(
      [entry['spawnedBy'], entry['spawnDepth'], entry['subagentRole'], entry['inheritedToolAllow']],
      ['agent:main:main', 1, 'leaf', ['bash', 'read']],
    );
    await patch({ key, spawnedBy: 'agent:main:main', spawnDepth: 1 });
    for (const field of ['spawnedBy', 'spawnedCwd', 'spawnedWorkspaceDir']) {
      assert.deepEqual(await refused({ key, [field]: 'agent:main:b' }), [
        'INVALID_PARAMS',
        `${field} cannot be changed once set`,
      ]);
      assert.deepEqual(await refused({ key, [field]: null }), [
        'INVALID_PARAMS',
        `${field} cannot be cleared once set`,
      ]);
    }
    assert.deepEqual(await refused({ key, subagentRole: 'orchestrator' }), [
      'INVALID_PARAMS',
      'subagentRole cannot be changed once set',
    ]);
    assert.equal((await patch({ key: 'acp:x', spawnedBy: 'main' })).entry['spawnedBy'], 'main');
  });

  it('chooses a model, and the default one is no choice', async (t) => {
    const { patch } = await state(t);
    const key = 'main';
    const chosen = await patch({ key, model: 'anthropic/claude/x' });
    assert.deepEqual(
      ['providerOverride', 'modelOverride', 'modelOverrideSource', 'liveModelSwitchPending'].map(
        (one) => chosen.entry[one],
      ),
      ['anthropic', 'claude/x', 'user', true],
    );
    assert.deepEqual([chosen.resolved.modelProvider, chosen.resolved.model], ['anthropic', 'claude/x']);
    for (const model of ['openai/gpt-5.5', 'gpt-5.5', null]) {
      await patch({ key, model: 'anthropic/claude' });
      const { entry } = await patch({ key, model });
      assert.deepEqual(
        [entry['providerOverride'], entry['modelOverride'], entry['modelOverrideSource']],
        [undefined, undefined, undefined],
      );
    }
  });

  it('archives, pins and marks as unread', async (t) => {
    const { patch, refused } = await state(t);
    const of = async (params: object) => (await patch({ key: 'a', ...params })).entry;
    assert.equal((await of({ pinned: true }))['pinnedAt'], NOW);
    const archived = await of({ archived: true });
    assert.deepEqual([archived['archivedAt'], archived['pinnedAt']], [NOW, undefined]);
    assert.deepEqual(await refused({ key: 'a', pinned: true }), [
      'INVALID_PARAMS',
      'cannot pin an archived session; restore it first',
    ]);
    assert.equal((await of({ archived: false }))['archivedAt'], undefined);
    assert.equal((await of({ unread: true }))['markedUnreadAt'], NOW);
    const read = await of({ unread: false });
    assert.deepEqual([read['markedUnreadAt'], read['lastReadAt']], [undefined, NOW]);
  });

  it('finds the agent in the key, or else in agentId', async (t) => {
    const { patch, refused, dir } = await state(t);
    await mkdir(join(dir, 'agents', 'work', 'sessions'), { recursive: true });
    assert.equal((await patch({ key: 'x', agentId: ' WORK ' })).key, 'agent:work:x');
    assert.equal((await patch({ key: 'agent:work:x', agentId: 'work' })).key, 'agent:work:x');
    assert.deepEqual(await refused({ key: 'agent:main:x', agentId: 'work' }), [
      'INVALID_PARAMS',
      'session key agent does not match agentId',
    ]);
  });

  it('never writes over what it cannot read', async (t) => {
    for (const text of ['{"agent:main:a":', '[1]', '']) {
      const { refused } = await state(t, text);
      assert.equal((await refused({ key: 'a' }))[0], 'STORE_CORRUPT');
    }
    let deep = '1';
    for (let depth = 0; depth < 600; depth++) deep = `[${deep}]`;
    for (const value of ['null', '"words"', '[1]', `{"deep":${deep}}`]) {
      const { refused, path, patch } = await state(t, `{"agent:main:a":${value}}`);
      assert.deepEqual(await refused({ key: 'a', label: 'x' }), [
        'STORE_CORRUPT',
        `What ${path} holds under agent:main:a is no entry of a session, and was left as it is.`,
      ]);
      await patch({ key: 'b' });
      assert.ok((await readFile(path, 'utf8')).includes(`"agent:main:a":${value}`));
    }
  });

  it('is refused for an agent of the SQLite era, with the command that does it', async (t) => {
    const { fails, dir } = await state(t);
    const database = join(dir, 'agents', 'work', 'agent', 'openclaw-agent.sqlite');
    await mkdir(join(database, '..'), { recursive: true });
    await writeFile(database, '');
    const error = await fails(sessionsPatch, { key: 'agent:work:x', label: "it's" });
    const command = `OPENCLAW_STATE_DIR=${dir} openclaw gateway call sessions.patch --params '${JSON.stringify({ key: 'agent:work:x', label: "it's" }).replaceAll("'", String.raw`'\''`)}'`;
    assert.deepEqual([error.code, error.details['command']], ['STORE_UNAVAILABLE', command]);
    assert.ok(error.message.endsWith(command));
    assert.deepEqual(await readdir(join(dir, 'agents', 'work')), ['agent']);
  });

  it('of a state directory that is named and is not there is refused', async (t) => {
    const { fails, dir } = await state(t);
    const { code } = await fails(sessionsPatch, { key: 'main', source: `openclaw:${dir}/no` });
    assert.equal(code, 'STORE_UNAVAILABLE');
    await assert.rejects(readdir(`${dir}/no`), { code: 'ENOENT' });
  });
});
