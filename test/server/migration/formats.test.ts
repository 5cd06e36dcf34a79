import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { Bounds } from '../../../server/migration/bounds.ts';
import { migrationInspect } from '../../../server/protocol/migrationMethods.ts';
import { sessionsExport, sessionsImport } from '../../../server/protocol/sessionCopyMethods.ts';
import { sessionsGet } from '../../../server/protocol/sessionQueryMethods.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { copyOfFixture } from '../sources/openclaw/stateDirectory.ts';
import { FIXTURES } from '../sources/reading.ts';
import { migrator } from './migrator.ts';
import { objectIn, readLines, readStoreFile } from './shapes.ts';
import {
  FOLDER_ID,
  messageFile,
  MESSAGE_ID,
  sessionFile,
  writeMessageFiles,
  writeSessionFolders,
} from './samples.ts';

describe('files with messages', () => {
  it('keep every message, its time and what Lockstep has no place for', async (t) => {
    const project = await tempFolder(t);
    await writeMessageFiles(project);
    const { apply, call, events } = await migrator(t);
    const { stats } = await apply({ path: project });
    assert.deepEqual([stats.migrated, stats.skipped, stats.errors], [2, [], []]);
    const session = await call(sessionsGet, { id: MESSAGE_ID });
    assert.deepEqual(
      [session.title, session.label, session.agentId, session.createdAt, session.updatedAt, session.messages],
      ['Lamps in the shop', 'Lamps', 'main', messageFile.created_at, messageFile.updated_at, 4],
    );
    const { messages, ...original } = messageFile;
    assert.deepEqual(session.metadata['original'], original);
    assert.deepEqual(session.metadata['sessionMap'], { 'agent:main:shop': MESSAGE_ID });
    const [start, ...rest] = await events(MESSAGE_ID);
    assert.equal(start?.type, 'start');
    assert.deepEqual(
      rest.map(({ timestamp }) => timestamp),
      [
        '2025-11-03T09:00:00.000Z',
        '2025-11-03T09:00:01.250Z',
        '2025-11-03T09:00:02.000Z',
        '2025-11-03T09:00:03.000Z',
        '2025-11-03T09:00:04.123Z',
      ],
    );
    assert.deepEqual(rest[1]?.data, {
      role: 'user',
      content: 'How many lamps are left?',
      metadata: { name: 'Alice', images: messages[1]?.images },
    });
    assert.deepEqual(rest[3]?.data, {
      name: 'stock',
      input: { item: 'lamp' },
      output: '{"left":7}',
      callId: 'call_1',
      metadata: { name: 'stock' },
    });
    assert.deepEqual(rest[4]?.data['metadata'], { mood: { calm: true }, timestamp: messages[4]?.timestamp });
  });

  it('whose name is no UUID get an id that is the same each time', async (t) => {
    const project = await tempFolder(t);
    await writeMessageFiles(project);
    const first = await (await migrator(t)).plan({ path: join(project, '.sessions') });
    const second = await (await migrator(t)).plan({ path: join(project, '.sessions', 'telegram-17.json') });
    const there = first.items.find(({ id }) => id === 'telegram-17');
    assert.equal(there?.to, second.items[0]?.to);
    assert.match(there?.to ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-8/);
    assert.match(there?.notes.join() ?? '', /It gets the id/);
  });
});

describe('folders of sessions', () => {
  it('keep their budget, status, tokens, cost, context, history and unknown fields', async (t) => {
    const project = await tempFolder(t);
    await writeSessionFolders(project);
    const { apply, call, events } = await migrator(t);
    assert.equal((await apply({ path: project })).stats.migrated, 1);
    const { metadata, ...session } = await call(sessionsGet, { id: FOLDER_ID });
    const { history, context, ...original } = sessionFile;
    assert.deepEqual(metadata['original'], original);
    assert.deepEqual(session.context, context);
    assert.deepEqual(
      [
        session.status,
        session.iterations,
        session.maxIterations,
        session.task,
        session.mode,
        session.workspace,
      ],
      ['paused', 3, 10, sessionFile.task, 'developer', sessionFile.workspace],
    );
    assert.deepEqual(session.tokens, { input: 1200, output: 300, cacheRead: 0, cacheWrite: 0, total: 1500 });
    assert.deepEqual(
      [
        session.costUsd,
        session.model,
        session.toolsUsed,
        session.blockedActions,
        session.userId,
        session.channelId,
      ],
      [0.42, 'large-1', ['bash', 'edit'], ['rm'], 'u-1', 'c-9'],
    );
    const own = await events(FOLDER_ID);
    assert.deepEqual(
      own.map(({ timestamp, type }) => [timestamp, type]),
      history.map(({ timestamp, type }) => [timestamp, type === 'Odd Type!' ? 'migrated.odd_type_' : type]),
    );
    assert.deepEqual(own[2]?.data, { ...objectIn(history[2]?.data), original: { host: 'laptop' } });
    assert.deepEqual(own[3]?.data, { original: { data: 'just a text', type: 'Odd Type!' } });
  });
});

describe("OpenClaw's file era", () => {
  it('is migrated with keys, labels, parents and the lines of its transcripts', async (t) => {
    const stateDir = await copyOfFixture(t);
    const { apply, sessions, call, plan } = await migrator(t);
    const inspected = await call(migrationInspect, { path: stateDir });
    const { stats } = await apply({ path: stateDir });
    assert.equal(stats.migrated, inspected.sessions);
    assert.deepEqual(stats.skipped, []);
    const all = await sessions();
    for (const agent of ['main', 'support']) {
      const folder = join(stateDir, 'agents', agent, 'sessions');
      const store = await readStoreFile(join(folder, 'sessions.json'));
      for (const [key, entry] of Object.entries(store)) {
        const found = all.find(({ metadata: { original }, agentId }) => {
          return objectIn(original)['key'] === key && agentId === agent;
        });
        assert.ok(found, key);
        assert.deepEqual(objectIn(found.metadata['original'])['entry'], entry);
        assert.equal(Date.parse(found.updatedAt), entry.updatedAt);
        if (entry.spawnedBy !== undefined && entry.spawnedBy in store) assert.ok(found.parentId, key);
      }
    }
    const again = await plan({ path: stateDir });
    assert.deepEqual([...new Set(again.items.map(({ state }) => state))], ['done']);
  });

  it('of a single agent is read from its folder, damaged lines included', async (t) => {
    const stateDir = await copyOfFixture(t);
    const folder = join(stateDir, 'agents', 'main', 'sessions');
    const name = (await readdir(folder)).find((one) => one.endsWith('.jsonl')) ?? '';
    const path = join(folder, name);
    await writeFile(
      path,
      Buffer.concat([
        await readFile(path),
        Buffer.from('{"type":"message", cut\n'),
        Buffer.from([0xff, 0xfe, 0x0a]),
      ]),
    );
    const { plan, apply, events } = await migrator(t);
    const { items } = await plan({ path: folder });
    const item = items.find((one) => one.path === path);
    assert.match(item?.notes.join() ?? '', /is damaged and is kept as it is/);
    assert.equal((await apply({ path: folder })).stats.errors.length, 0);
    const damaged = (await events(item?.to ?? '')).filter(({ type }) => type === 'migrated.damaged_line');
    assert.deepEqual(
      damaged.map(({ data }) => data['text'] ?? data['base64']),
      ['{"type":"message", cut', '//4='],
    );
  });

  it('is written with headers, entries for every session, and for its owner alone', async (t) => {
    const project = await tempFolder(t);
    await writeMessageFiles(project);
    await writeSessionFolders(project);
    const stateDir = join(await tempFolder(t), 'state');
    const { apply } = await migrator(t);
    const { stats } = await apply({ path: project, to: 'openclaw', agentId: 'work', stateDir });
    assert.equal(stats.migrated, 3);
    const folder = join(stateDir, 'agents', 'work', 'sessions');
    const path = join(folder, 'sessions.json');
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    const store = await readStoreFile(path);
    assert.deepEqual(
      Object.keys(store).sort(),
      [
        `agent:work:lockstep:${FOLDER_ID}`,
        'agent:work:shop',
        Object.keys(store).find((key) => key.includes('lockstep') && !key.includes(FOLDER_ID)) ?? '',
      ].sort(),
    );
    const entry = store['agent:work:shop'];
    assert.deepEqual([entry?.label, entry?.updatedAt], ['Lamps', Date.parse(messageFile.updated_at)]);
    const lines = await readLines(join(folder, `${entry?.sessionId}.jsonl`));
    assert.deepEqual([lines[0]?.type, lines[0]?.version], ['session', 3]);
    const ids = new Set(lines.slice(1).map(({ id }) => id));
    assert.equal(ids.size, lines.length - 1);
    for (const { parentId } of lines.slice(2)) assert.ok(ids.has(parentId ?? ''));
    assert.deepEqual(
      (await readdir(folder)).filter((name) => name.includes('.tmp') || name.includes('.lock')),
      [],
    );
  });
});

describe('sessions of other agents', () => {
  it('are taken over as a person reads them, and told what is lost', async (t) => {
    const home = await tempFolder(t);
    await cp(join(FIXTURES, 'pi'), join(home, 'pi'), { recursive: true });
    const { plan, apply, sessions, events } = await migrator(t, home);
    const { items } = await plan({ path: 'pi:' });
    assert.equal(items.length, 4);
    assert.ok(items.every(({ events: count, state }) => count > 1 && state === 'new'));
    const { migration, stats } = await apply({ path: 'pi:', items });
    assert.equal(stats.migrated, 4);
    assert.equal(migration?.backup, undefined);
    const all = await sessions();
    assert.equal(all.length, 4);
    for (const { id, messages } of all)
      assert.equal((await events(id)).filter(({ type }) => type === 'message').length, messages);
    assert.deepEqual(
      (await plan({ path: 'pi:' })).items.map(({ state }) => state),
      ['done', 'done', 'done', 'done'],
    );
  });
});

describe('whatever was migrated', () => {
  it('is held to the rules of the store: an export of it can be imported', async (t) => {
    const project = await tempFolder(t);
    await writeMessageFiles(project);
    await writeSessionFolders(project);
    await mkdir(join(project, '.openclaw'));
    const { apply, sessions, call } = await migrator(t);
    await apply({ path: project });
    await apply({ path: await copyOfFixture(t) });
    const ids = (await sessions()).map(({ id }) => id);
    const { content } = await call(sessionsExport, { ids });
    const other = await migrator(t);
    const imported = await other.call(sessionsImport, { content });
    assert.equal(imported.sessions.length, ids.length);
  });
});

describe('what cannot be read as it stands', () => {
  const message = (more: string) => `{"messages": [{"role": "user", "content": "a"${more}}]}`;

  /** An agent's folder whose store has these entries. */
  async function agentFolder(t: TestContext, entries: string): Promise<string> {
    const folder = join(await tempFolder(t), 'agents', 'main', 'sessions');
    await mkdir(join(folder, 'sub'), { recursive: true });
    await writeFile(join(folder, 'sessions.json'), entries);
    return folder;
  }

  it('is told where only links have the names of sessions', async (t) => {
    const [project, elsewhere] = [await tempFolder(t), await tempFolder(t)];
    await symlink(elsewhere, join(project, 'session_link'));
    const { plan } = await migrator(t);
    const { items, damaged } = await plan({ path: project });
    assert.deepEqual(items, []);
    assert.deepEqual(
      damaged.map(({ reason }) => reason),
      ['It is a link, which is not followed.'],
    );
  });

  it('is told where .sessions is a link that leads nowhere, or in a circle', async (t) => {
    const { plan } = await migrator(t);
    for (const [to, problem] of [
      ['gone', /\.sessions is a link to what does not exist/],
      ['.sessions', /\.sessions cannot be read: its links go in a circle/],
    ] as const) {
      const project = await tempFolder(t);
      await writeSessionFolders(project);
      await symlink(to, join(project, '.sessions'));
      await assert.rejects(plan({ path: project }), { code: 'INVALID_PARAMS', message: problem });
    }
  });

  it('is told where sessions.json is a link', async (t) => {
    const folder = join(await tempFolder(t), 'sessions');
    await mkdir(folder);
    await writeFile(join(folder, 'a.jsonl'), '{"type":"session","version":3,"id":"a","cwd":"/"}\n');
    const { plan } = await migrator(t);
    await symlink('gone.json', join(folder, 'sessions.json'));
    const { items, damaged } = await plan({ path: folder });
    assert.deepEqual([items.length, damaged[0]?.reason], [0, 'It is a link, which is not followed.']);
  });

  it('is told where an entry names a transcript that is not read', async (t) => {
    const folder = await agentFolder(
      t,
      JSON.stringify({
        relative: { sessionId: 'a', updatedAt: 1, sessionFile: '../../../elsewhere.jsonl' },
        below: { sessionId: 'b', updatedAt: 1, sessionFile: 'sub/b.jsonl' },
        gone: { sessionId: 'c', updatedAt: 1, sessionFile: '/nowhere/c.jsonl' },
      }),
    );
    for (const path of ['../../../elsewhere.jsonl', 'sub/b.jsonl']) await writeFile(join(folder, path), '');
    const { plan } = await migrator(t);
    const { items, damaged } = await plan({ path: folder });
    assert.deepEqual(
      items.map(({ notes }) => notes.includes('It has no transcript.')),
      [true],
    );
    const reasons = damaged.map(({ reason }) => reason).join('\n');
    assert.match(
      reasons,
      /elsewhere\.jsonl, is outside of the folders of its agent.*or correct sessionFile\./,
    );
    assert.match(reasons, /b\.jsonl, is no \.jsonl file right in the folder of its agent/);
  });

  it('is told of each entry whose numbers become text', async (t) => {
    const folder = await agentFolder(
      t,
      '{"one": {"sessionId": "a", "updatedAt": 1, "x": {"ids": [1, 12345678901234567890]}}, "two": {"sessionId": "b", "updatedAt": 1}, "three": {"sessionId": "c", "updatedAt": 1, "much": 1e400}}',
    );
    const { plan } = await migrator(t);
    const { items } = await plan({ path: folder });
    assert.deepEqual(items.flatMap(({ losses }) => losses).sort(), [
      'The number 12345678901234567890 at "x.ids.1" is kept as text.',
      'The number 1e400 at "much" is kept as text.',
    ]);
  });

  it('is counted where many numbers of a session become text', async (t) => {
    const project = await tempFolder(t);
    const ids = Array.from({ length: 50 }, (_, index) => `12345678901234567${index + 10}`);
    await writeFile(join(project, 'a.json'), message(`, "ids": [${ids.join()}]`));
    const { plan } = await migrator(t);
    const { losses = [] } = (await plan({ path: project })).items[0] ?? {};
    const inexact = ids.filter((id) => String(Number(id)) !== id && BigInt(id) !== BigInt(Number(id)));
    assert.equal(losses[0], `The number ${inexact[0]} at "messages.0.ids.0" is kept as text.`);
    assert.deepEqual([losses.length, losses[20]], [21, `So are ${inexact.length - 20} more numbers.`]);
  });

  it('is told of each session where the map of keys cannot be read', async (t) => {
    const project = await tempFolder(t);
    await writeFile(join(await writeMessageFiles(project), 'session_map.json'), '{"cut');
    const { plan } = await migrator(t);
    const { items, damaged } = await plan({ path: project });
    assert.deepEqual([items.length, damaged.length], [2, 1]);
    for (const { notes } of items) assert.match(notes.join(), /session_map\.json cannot be read/);
  });

  it('is kept where it is nested too deeply under a key named __proto__', () => {
    const deep = `${'['.repeat(200)}${']'.repeat(200)}`;
    const fitted = new Bounds().data(Object.fromEntries([['__proto__', JSON.parse(deep)]]), 'It');
    assert.equal(JSON.stringify(fitted), `{"__proto__":{"json":"${deep}"}}`);
  });
});
