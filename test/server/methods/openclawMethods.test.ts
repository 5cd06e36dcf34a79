import assert from 'node:assert/strict';
import { mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import { sessionsList, sessionsPreview, sessionsResolve } from '../../../server/protocol/openclawMethods.ts';
import { runCommand } from '../../support/command.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { jsonLines } from '../sources/files.ts';
import { copyOfFixture, NOW, openclawAt, writeStore } from '../sources/openclaw/stateDirectory.ts';

const LISTED = [
  'agent:main:main',
  'agent:main:webchat:seeds',
  'agent:support:main',
  'agent:main:telegram:group:-2002',
  'agent:support:subagent:two',
  'agent:main:cron:beds',
  'agent:main:damaged',
  'agent:main:empty',
  'agent:main:missing',
  'agent:main:discord:channel:77',
  'agent:main:whatsapp:group:99@g.us',
  'agent:main:subagent:one',
  'agent:main:wrong',
];

async function fixture(t: Pick<TestContext, 'after'>) {
  const dir = await copyOfFixture(t);
  const { call, fails } = openclawAt(dir);
  return {
    dir,
    call,
    fails,
    keys: async (params: object = {}) => (await call(sessionsList, params)).sessions.map(({ key }) => key),
  };
}

const message = (role: string, content: unknown) => ({ type: 'message', message: { role, content } });

describe('sessions.list', () => {
  it('lists every agent, newest first, without cron runs, global, unknown and archived ones', async (t) => {
    const { call, keys } = await fixture(t);
    assert.deepEqual(await keys(), LISTED);
    const answer = await call(sessionsList);
    assert.deepEqual(
      [answer.ts, answer.path, answer.count, answer.totalCount, answer.limitApplied, answer.hasMore],
      [NOW, '(multiple)', 13, 13, 100, false],
    );
    assert.deepEqual(answer.defaults, { modelProvider: 'openai', model: 'gpt-5.5', contextTokens: 100_000 });
    assert.deepEqual([answer.warnings, answer.offset, answer.nextOffset], [undefined, undefined, null]);
  });

  it('filters', async (t) => {
    const { keys } = await fixture(t);
    for (const [params, expected] of [
      [{ includeGlobal: true, search: 'GLOB' }, ['global']],
      [{ includeUnknown: true, search: 'unknown' }, ['unknown']],
      [{ archived: true }, ['agent:main:put-away']],
      [{ label: ' lookup ' }, ['agent:support:subagent:two', 'agent:main:subagent:one']],
      [{ label: 'Lookup' }, []],
      [{ agentId: 'SUPPORT' }, ['agent:support:main', 'agent:support:subagent:two']],
      [{ agentId: 'nope', includeGlobal: true }, []],
      [{ spawnedBy: 'agent:main:main' }, ['agent:main:subagent:one']],
      [{ spawnedBy: 'main' }, []],
      [{ search: ' SHED ' }, ['agent:main:telegram:group:-2002']],
      [{ search: '5e550020' }, ['agent:support:main']],
      [{ activeMinutes: 10 }, ['agent:main:main', 'agent:main:webchat:seeds']],
      [{ configuredAgentsOnly: true, search: 'lookup' }, ['agent:main:subagent:one']],
    ] as const) {
      assert.deepEqual(await keys(params), expected, JSON.stringify(params));
    }
  });

  it('pages by limit and offset', async (t) => {
    const { call, keys } = await fixture(t);
    const page = await call(sessionsList, { limit: 2, offset: 1 });
    assert.deepEqual(
      [page.count, page.totalCount, page.offset, page.nextOffset, page.hasMore],
      [2, 13, 1, 3, true],
    );
    assert.deepEqual(await keys({ limit: 2, offset: 1 }), LISTED.slice(1, 3));
    assert.deepEqual(await keys({ offset: 50 }), []);
  });

  it('shows the fields of an entry, and its kind, name and model', async (t) => {
    const { call } = await fixture(t);
    const { sessions } = await call(sessionsList);
    const row = (key: string) => sessions.find((row) => row.key === key);
    const main = row('agent:main:main');
    assert.deepEqual(
      [main?.kind, main?.displayName, main?.modelProvider, main?.model, main?.totalTokens, main?.channel],
      ['direct', 'Mira (@mira) id:4711', 'anthropic', 'claude-opus-4-6', 9000, 'telegram'],
    );
    for (const [key, kind, displayName] of [
      ['agent:main:telegram:group:-2002', 'group', 'telegram:g-shed-group'],
      ['agent:main:discord:channel:77', 'group', 'discord:garden-club#compost'],
      ['agent:main:whatsapp:group:99@g.us', 'group', 'whatsapp:g-neighbours'],
      ['agent:main:cron:beds', 'direct', 'Cron: beds'],
      ['agent:main:webchat:seeds', 'direct', undefined],
    ] as const) {
      assert.deepEqual([row(key)?.kind, row(key)?.displayName], [kind, displayName], key);
    }
    const child = row('agent:main:subagent:one');
    assert.deepEqual(
      [child?.spawnedBy, child?.modelProvider, child?.model, child?.totalTokensFresh],
      ['agent:main:main', 'local', 'small-1', false],
    );
    const wrong = row('agent:main:wrong');
    assert.deepEqual([wrong?.subject, wrong?.label, wrong?.model], ['Wrong fields', undefined, 'gpt-5.5']);
  });

  it('derives titles and last messages from the ends of transcripts', async (t) => {
    const { call } = await fixture(t);
    const params = { includeDerivedTitles: true, includeLastMessage: true };
    const { sessions } = await call(sessionsList, params);
    const found = new Map(sessions.map((row) => [row.key, [row.derivedTitle, row.lastMessagePreview]]));
    for (const [key, title, last] of [
      [
        'agent:main:main', // its sessionFile is of another machine
        '[Telegram Mira (@mira) id:4711 2026-03-02 08:00 UTC] When…',
        'On Saturday, two days ago.',
      ],
      [
        'agent:main:webchat:seeds',
        'Which seeds are left from last year, and which of them…',
        'Beans and chard.',
      ],
      ['agent:main:telegram:group:-2002', 'Shed Group', 'Jonas has it.'],
      ['agent:main:damaged', 'before the damage', 'after the damage'],
      ['agent:main:empty', '5e550006 (2026-03-02)', undefined],
      ['agent:main:missing', '5e550007 (2026-03-02)', undefined],
    ] as const) {
      assert.deepEqual(found.get(key), [title, last], key);
    }
    const aliases = { addDerivedTitles: true, addLastMessagePreview: true };
    assert.deepEqual(await call(sessionsList, aliases), await call(sessionsList, params));
    const plain = await call(sessionsList);
    assert.ok(plain.sessions.every((row) => !('derivedTitle' in row) && !('lastMessagePreview' in row)));
  });

  it('sees what was changed since the last call', async (t) => {
    const { dir, call } = await fixture(t);
    const params = { agentId: 'support', includeLastMessage: true, limit: 1 };
    assert.equal((await call(sessionsList, params)).sessions[0]?.lastMessagePreview, 'Turn it on.');
    const file = join(dir, 'agents/support/sessions/5e550020-0c0c-4d4d-8e8e-0123456789ab.jsonl');
    await writeFile(file, jsonLines([message('user', 'thanks')]));
    assert.equal((await call(sessionsList, params)).sessions[0]?.lastMessagePreview, 'thanks');
    await writeStore(dir, 'support', { main: { sessionId: 'x', updatedAt: NOW } });
    assert.deepEqual(
      (await call(sessionsList, { agentId: 'support' })).sessions.map(({ key }) => key),
      ['agent:support:main'],
    );
  });

  it('lists the other agents where one store is damaged, with a warning; calls on that agent fail', async (t) => {
    const { dir, call, fails, keys } = await fixture(t);
    const path = await writeStore(dir, 'main', '{"agent:main:main": {"sess');
    const { warnings } = await call(sessionsList);
    assert.deepEqual(await keys(), ['agent:support:main', 'agent:support:subagent:two']);
    assert.deepEqual(
      warnings?.map(({ agentId, path, code }) => ({ agentId, path, code })),
      [{ agentId: 'main', path, code: 'STORE_CORRUPT' }],
    );
    for (const [method, params] of [
      [sessionsList, { agentId: 'main' }],
      [sessionsPreview, { keys: ['main'] }],
      [sessionsResolve, { key: 'main' }],
      [sessionsResolve, { label: 'Cron: beds' }],
    ] as const) {
      const { code, actions, details } = await fails(method, params);
      assert.deepEqual([code, details['path']], ['STORE_CORRUPT', path]);
      assert.ok(actions.some(({ kind }) => kind === 'link'));
      assert.ok(!actions.some(({ kind }) => kind === 'command'), 'our own recovery does not mend it');
    }
    assert.equal((await call(sessionsResolve, { label: 'lookup' })).key, 'agent:support:subagent:two');
    const { previews } = await call(sessionsPreview, { keys: ['main', 'agent:support:main'] });
    assert.deepEqual(
      previews.map(({ status }) => status),
      ['error', 'ok'],
    );
  });

  it('warns of entries that are none, and of folders that are no agents', async (t) => {
    const { dir, call } = await fixture(t);
    await writeStore(dir, 'support', { a: 1, b: { sessionId: 'x' } });
    await mkdir(join(dir, 'agents', 'ünder'));
    const { warnings, sessions } = await call(sessionsList, { search: ':b' });
    assert.deepEqual(
      sessions.map(({ key, updatedAt }) => [key, updatedAt]),
      [
        ['agent:main:cron:beds', NOW - 30 * 60_000],
        ['agent:support:b', null],
      ],
    );
    assert.match(
      warnings?.map(({ message }) => message).join(' ') ?? '',
      /no id of an agent.*1 of its entries/,
    );
  });

  it('takes the agents and the place of stores from openclaw.json', async (t) => {
    const { dir, call, keys } = await fixture(t);
    const config = (value: unknown) => writeFile(join(dir, 'openclaw.json'), JSON.stringify(value));
    await config({ agents: { list: [{ id: 'Support', default: true }] } });
    assert.deepEqual(await keys(), ['agent:support:main', 'agent:support:subagent:two']);
    assert.equal((await call(sessionsResolve, { key: 'main' })).key, 'agent:support:main');
    await config({ session: { store: join(dir, 'one.json') } });
    await writeFile(join(dir, 'one.json'), JSON.stringify({ 'agent:support:main': { sessionId: 'x' } }));
    assert.deepEqual(await keys(), ['agent:support:main']);
    assert.equal((await call(sessionsList)).path, join(dir, 'one.json'));
    await writeFile(join(dir, 'openclaw.json'), "{agents: {list: [{id: 'Support'},]}} // by hand");
    assert.deepEqual(await keys(), ['agent:support:main', 'agent:support:subagent:two']);
    assert.equal((await call(sessionsList)).warnings, undefined);
    await writeFile(join(dir, 'openclaw.json'), '{agents: ');
    const { warnings } = await call(sessionsList);
    assert.match(warnings?.[0]?.message ?? '', /no JSON5 .*every folder below agents/);
  });

  it('refuses params in the words of the gateway', async (t) => {
    const { fails } = await fixture(t);
    for (const [method, params, words] of [
      [sessionsList, { limit: 0 }, 'invalid sessions.list params: at /limit: must be >= 1'],
      [sessionsList, { limit: '3' }, 'invalid sessions.list params: at /limit: must be integer'],
      [sessionsList, { limit: 1.5 }, 'invalid sessions.list params: at /limit: must be integer'],
      [sessionsList, { x: 1 }, "invalid sessions.list params: at root: unexpected property 'x'"],
      [sessionsPreview, {}, "invalid sessions.preview params: must have required property 'keys'"],
      [
        sessionsPreview,
        { keys: ['a'], maxChars: 19, limit: 0 },
        'invalid sessions.preview params: at /limit: must be >= 1; at /maxChars: must be >= 20',
      ],
      [sessionsResolve, [], 'invalid sessions.resolve params: at root: must be object'],
    ] as const) {
      const { code, message } = await fails(method, params);
      assert.deepEqual([code, message], ['INVALID_PARAMS', words]);
    }
  });
});

describe('sessions.preview', () => {
  it('shows the last messages, by role, without what channels put before them', async (t) => {
    const { call } = await fixture(t);
    const { previews } = await call(sessionsPreview, { keys: [' main '] });
    assert.deepEqual(previews, [
      {
        key: 'main',
        status: 'ok',
        items: [
          { role: 'user', text: 'When did I last water the tomatoes?\n[message_id: 9]' },
          { role: 'tool', text: 'Let me look.' },
          { role: 'tool', text: '2026-02-28 tomatoes' },
          { role: 'tool', text: 'call exec, read +1' },
          { role: 'assistant', text: 'On Saturday, two days ago.' },
        ],
      },
    ]);
  });

  it('shows what comes after damaged lines, and counts messages before it leaves out empty ones', async (t) => {
    const { call } = await fixture(t);
    const { previews } = await call(sessionsPreview, {
      keys: ['agent:main:damaged'],
      limit: 4,
      maxChars: 20,
    });
    assert.deepEqual(previews[0]?.items, [
      { role: 'user', text: 'after the damage' },
      { role: 'user', text: '[image]' },
      { role: 'system', text: 'a note of the system' },
    ]);
  });

  it('tells unknown keys from sessions that have nothing to show', async (t) => {
    const { call } = await fixture(t);
    const keys = ['agent:main:nope', 'agent:main:empty', 'agent:main:missing', '  ', 'agent:../../x:y'];
    const { previews } = await call(sessionsPreview, { keys });
    assert.deepEqual(
      previews.map(({ key, status }) => [key, status]),
      [
        ['agent:main:nope', 'missing'],
        ['agent:main:empty', 'empty'],
        ['agent:main:missing', 'empty'],
        ['agent:../../x:y', 'missing'],
      ],
    );
    assert.deepEqual((await call(sessionsPreview, { keys: ['  '] })).previews, []);
  });

  it('answers 64 keys, 50 messages and 2,000 characters at most', async (t) => {
    const { dir, call } = await fixture(t);
    const lines = Array.from({ length: 60 }, () => message('user', 'ä'.repeat(3000)));
    await writeFile(join(dir, 'agents/support/sessions/big.jsonl'), jsonLines(lines));
    await writeStore(dir, 'support', { big: { sessionId: 'big' } });
    const keys = Array.from({ length: 70 }, () => 'agent:support:big');
    const { previews } = await call(sessionsPreview, { keys, limit: 1000, maxChars: 9000 });
    assert.deepEqual([previews.length, previews[0]?.items.length], [64, 50]);
    assert.equal(previews[0]?.items[0]?.text, `${'ä'.repeat(1997)}...`);
  });

  it('reads nothing outside of the folders of the agent', async (t) => {
    const { dir, call } = await fixture(t);
    const outside = join(dir, 'secret.jsonl');
    await writeFile(outside, jsonLines([message('user', 'secret')]));
    await symlink(outside, join(dir, 'agents/support/sessions/link.jsonl'));
    await writeStore(dir, 'support', {
      a: { sessionId: '../../../secret', sessionFile: outside },
      b: { sessionId: 'link' },
      c: { sessionFile: '../../../secret.jsonl' },
    });
    const { previews } = await call(sessionsPreview, {
      keys: ['agent:support:a', 'agent:support:b', 'agent:support:c'],
    });
    assert.deepEqual(
      previews.map(({ status }) => status),
      ['empty', 'empty', 'empty'],
    );
    const { sessions } = await call(sessionsList, { agentId: 'support', includeLastMessage: true });
    assert.ok(sessions.every((row) => row.lastMessagePreview === undefined));
  });

  it('is fit for the wire, and so is a list, whatever bytes a transcript holds', async (t) => {
    const { dir, call } = await fixture(t);
    await writeStore(dir, 'support', { fuzz: { sessionId: 'fuzz', updatedAt: 1 } });
    const path = join(dir, 'agents/support/sessions/fuzz.jsonl');
    const part = fc.record(
      {
        type: fc.constantFrom<unknown>('text', 'toolCall', 'image', 'thinking', 3, null),
        text: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom<unknown>(null, 7, '[Telegram x] y')),
        name: fc.constantFrom<unknown>('read', null, 5),
      },
      { requiredKeys: [] },
    );
    const record = fc.record({
      type: fc.constantFrom('message', 'session', 'compaction'),
      message: fc.oneof(
        fc.record({
          role: fc.constantFrom<unknown>('user', 'assistant', 'toolResult', 'system', '__proto__', 1),
          content: fc.oneof(
            fc.array(part, { maxLength: 4 }),
            fc.string({ unit: 'binary' }),
            fc.constant(null),
          ),
        }),
        fc.constantFrom<unknown>(null, 'x', []),
      ),
    });
    const line = fc.oneof(
      { weight: 4, arbitrary: record.map((value) => Buffer.from(`${JSON.stringify(value)}\n`)) },
      fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom('{"message":', '\uFEFF\n', '[[[\n', '"message"\n').map((text) => Buffer.from(text)),
    );
    const property = fc.asyncProperty(fc.array(line, { maxLength: 12 }), async (lines) => {
      await writeFile(path, Buffer.concat(lines));
      const params = { keys: ['agent:support:fuzz'], maxChars: 20 };
      const { previews } = await call(sessionsPreview, params);
      assert.ok(previews[0]?.items.every(({ text }) => text.length <= 20 && text !== ''));
      const listed = { search: ':fuzz', includeDerivedTitles: true, includeLastMessage: true };
      const { sessions } = await call(sessionsList, listed);
      assert.ok((sessions[0]?.derivedTitle?.length ?? 99) <= 60);
    });
    await fc.assert(property, { numRuns: 150 });
  });
});

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
    const env = { LOCKSTEP_HOME: empty, HOME: empty };
    const args = ['call', 'sessions.resolve', '{"key": "main"}'];
    const ran = await runCommand([...args, '--source', `openclaw:${dir}`], { env });
    assert.deepEqual([ran.code, JSON.parse(ran.stdout)], [0, { ok: true, key: 'agent:main:main' }]);
    assert.equal((await runCommand([...args, '--source', dir], { env })).code, 2);
    const stdin = '{"jsonrpc": "2.0", "id": 1, "method": "sessions.list", "params": {"limit": 1}}\n';
    const served = await runCommand(['rpc', '--source', `openclaw:${dir}`], { env, stdin });
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
