import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sessionsList, sessionsPreview, sessionsResolve } from '../../../server/protocol/openclawMethods.ts';
import { jsonLines } from '../sources/files.ts';
import { NOW, writeStore } from '../sources/openclaw/stateDirectory.ts';
import { fixture, message } from './openclawFixture.ts';

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
