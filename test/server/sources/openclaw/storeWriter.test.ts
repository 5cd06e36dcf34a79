import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, stat, symlink, truncate, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import * as fc from 'fast-check';
import { LockstepError } from '../../../../server/domain/errors.ts';
import { systemClock } from '../../../../server/platform/clock.ts';
import { isPlainObject } from '../../../../server/protocol/json.ts';
import { SessionsFiles } from '../../../../server/sources/openclaw/sessionsJson.ts';
import { StoreWriter, type StoreDraft } from '../../../../server/sources/openclaw/storeWriter.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { fileEraLocks } from './stateDirectory.ts';

/** As no program of ours would write it. */
const ODD = String.raw`{
  "agent:main:a" : {"sessionId":"1", "updatedAt": 1.0,  "big":12345678901234567890, "esc":"\u00e9\/", "list": [ 1,2 ]},
    "agent:main:b": { "sessionId": "2", "n": 1e3, "n": 2.50, "huge": 1e999 },
  "agent:main:a": {"sessionId":"3", "updatedAt": 3.0, "big":12345678901234567890, "esc":"\u00e9\/", "list": [ 1,2 ]},
  "__proto__": {"sessionId":"4","updatedAt": 4.00},
  "odd": [1.0, null]
}
`;

async function storeWith(t: TestContext, content: string | Buffer = ODD) {
  const folder = join(await tempFolder(t), 'sessions');
  await mkdir(folder);
  const path = join(folder, 'sessions.json');
  await writeFile(path, content, { mode: 0o644 });
  const writer = new StoreWriter(fileEraLocks(), new SessionsFiles({ clock: systemClock }));
  return {
    folder,
    path,
    writer,
    text: () => readFile(path, 'utf8'),
    update: <T>(change: (draft: StoreDraft) => T | Promise<T>) => writer.update(path, change),
  };
}

describe('a write to a sessions.json', () => {
  it('leaves the text of what it does not touch to the letter', async (t) => {
    const { update, text, path, folder } = await storeWith(t);
    await update((draft) =>
      draft.set('agent:main:a', { ...draft.get('agent:main:a'), label: 'x', list: [1] }),
    );
    const after = await text();
    for (const line of ODD.split('\n').filter((one) => /main:b|__proto__|odd/.test(one)))
      assert.ok(after.includes(line.trim().replace(/,$/, '')), line);
    // Of the entry itself, the fields that stay: it stood there twice, and the last one counts.
    assert.match(
      after,
      /"agent:main:a": \{\n    "sessionId":"3",\n    "updatedAt": 3\.0,\n    "big":12345678901234567890,/,
    );
    assert.ok(after.includes(String.raw`"esc":"\u00e9\/",`));
    assert.equal(after.match(/"agent:main:a"/g)?.length, 1);
    const read: unknown = JSON.parse(after);
    assert.ok(isPlainObject(read) && isPlainObject(read['agent:main:a']));
    const { label, list } = read['agent:main:a'];
    assert.deepEqual([label, list], ['x', [1]]);
    assert.deepEqual(Object.keys(read), ['agent:main:a', 'agent:main:b', '__proto__', 'odd']);
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(folder), ['sessions.json']);
  });

  it('adds, deletes and moves entries', async (t) => {
    const { update, text } = await storeWith(
      t,
      JSON.stringify({ A: { sessionId: '1', n: 1 }, b: { n: 2 } }, null, 2),
    );
    await update((draft) => {
      assert.deepEqual([...draft.keys()], ['A', 'b']);
      draft.set('a', { ...draft.get('A'), n: 3 }, 'A');
      draft.set('c', { deep: { list: [1, { x: 'y' }] } });
      draft.delete('b');
      draft.delete('never there');
      assert.deepEqual([...draft.keys()], ['a', 'c']);
      assert.equal(draft.get('b'), undefined);
    });
    assert.equal(
      await text(),
      JSON.stringify({ a: { sessionId: '1', n: 3 }, c: { deep: { list: [1, { x: 'y' }] } } }, null, 2),
    );
  });

  it('is exactly what OpenClaw would have written, over what OpenClaw wrote', async (t) => {
    const before = { k: { sessionId: '1', updatedAt: 5, origin: { label: 'x', to: [] } }, l: { skills: {} } };
    const { update, text } = await storeWith(t, JSON.stringify(before, null, 2));
    await update((draft) =>
      draft.set('k', { ...before.k, origin: { label: 'y', list: [{}, []] }, label: 'é' }),
    );
    const after = { k: { ...before.k, origin: { label: 'y', list: [{}, []] }, label: 'é' }, l: before.l };
    assert.equal(await text(), JSON.stringify(after, null, 2));
  });

  it('writes nothing where nothing was changed, or the change throws', async (t) => {
    const { update, path, folder, text } = await storeWith(t);
    const before = await stat(path, { bigint: true });
    assert.equal(await update((draft) => draft.get('agent:main:b')?.['n']), 2.5);
    await assert.rejects(
      update((draft) => {
        draft.delete('agent:main:a');
        return Promise.reject(new Error('no'));
      }),
      /no/,
    );
    const after = await stat(path, { bigint: true });
    assert.deepEqual([after.ino, after.mtimeNs, after.mode], [before.ino, before.mtimeNs, before.mode]);
    assert.equal(await text(), ODD);
    assert.deepEqual(await readdir(folder), ['sessions.json']);
  });

  it('begins a store, and its folder, where there is none', async (t) => {
    const { writer, folder } = await storeWith(t);
    const path = join(folder, 'deeper', 'sessions.json');
    await writer.update(path, () => undefined);
    await assert.rejects(stat(path), { code: 'ENOENT' });
    await writer.update(path, (draft) => draft.set('a', { n: 1 }));
    assert.equal(await readFile(path, 'utf8'), '{\n  "a": {\n    "n": 1\n  }\n}');
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal((await stat(dirname(path))).mode & 0o777, 0o700);
  });

  it('reads a byte order mark away', async (t) => {
    const { update, text } = await storeWith(t, '\uFEFF{"a":{"n":1.0}}');
    await update((draft) => draft.set('b', {}));
    assert.equal(await text(), '{\n  "a":{"n":1.0},\n  "b": {}\n}');
  });

  it('leaves a store that cannot be read as it is, byte for byte', async (t) => {
    for (const content of [
      '',
      '{"a":',
      '[]',
      'null',
      "{a:'json5'}",
      '{"a":1}}',
      Buffer.from('7b2261223a7b2278223a22ff227d7d', 'hex'), // {"a":{"x":"<ff>"}}
    ]) {
      const { update, path, folder } = await storeWith(t, content);
      await writeFile(join(folder, 'sessions.json.bak.1'), '{}');
      await assert.rejects(
        update((draft) => draft.set('x', {})),
        (error) => {
          assert.ok(error instanceof LockstepError);
          assert.equal(error.code, 'STORE_CORRUPT');
          assert.equal(error.actions?.length, 2);
          return true;
        },
      );
      assert.deepEqual(await readFile(path), Buffer.from(content));
      assert.deepEqual(await readdir(folder), ['sessions.json', 'sessions.json.bak.1']);
    }
  });

  it('refuses a store that is too large', async (t) => {
    const { update, path } = await storeWith(t);
    await truncate(path, 128 * 1024 * 1024 + 1);
    await assert.rejects(
      update((draft) => draft.set('x', {})),
      {
        code: 'STORE_UNAVAILABLE',
        message: /larger than 128 MiB/,
      },
    );
  });

  it('goes through a link to what it leads to', async (t) => {
    const { writer, path, folder, text } = await storeWith(t, '{}');
    const other = await tempFolder(t);
    await symlink(path, join(other, 'sessions.json'));
    await writer.update(join(other, 'sessions.json'), (draft) => draft.set('a', {}));
    assert.equal(await text(), '{\n  "a": {}\n}');
    assert.deepEqual(await readdir(folder), ['sessions.json']);
    assert.deepEqual(await readdir(other), ['sessions.json']);
  });

  it('is not made where its lock was taken meanwhile, and the old file stays whole', async (t) => {
    const { update, path, folder, text } = await storeWith(t);
    const theirs = JSON.stringify({ pid: process.pid, startedAt: Date.now() });
    await assert.rejects(
      update(async (draft) => {
        draft.delete('agent:main:a');
        await unlink(`${path}.lock`);
        await writeFile(`${path}.lock`, theirs);
      }),
      { code: 'STORE_BUSY', message: /was taken from this process. Nothing was written/ },
    );
    assert.equal(await text(), ODD);
    assert.deepEqual(await readdir(folder), ['sessions.json', 'sessions.json.lock']);
    assert.equal(await readFile(`${path}.lock`, 'utf8'), theirs);
  });

  it('is in memory at once, as whoever reads the file anew finds it', async (t) => {
    const { path } = await storeWith(t, '{}');
    const clock = systemClock;
    const files = new SessionsFiles({ clock });
    const writer = new StoreWriter(fileEraLocks(), files);
    const key = fc.constantFrom('a', 'A', 'agent:main:a', '7', '__proto__');
    const value = fc.oneof(
      fc.constant({ sessionId: '1', updatedAt: 1, label: 'x' }),
      fc.constant({ sessionId: 7, updatedAt: -0, list: [undefined, 1e21], gone: undefined }),
      fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 })),
    );
    const step = fc.oneof(
      fc.record({ what: fc.constant('set' as const), key, value, from: fc.option(key, { nil: undefined }) }),
      fc.record({ what: fc.constant('delete' as const), key }),
      fc.record({
        what: fc.constant('elsewhere' as const),
        text: fc.constantFrom('{"b":1,"a":{}}', '{}', ODD),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { maxLength: 3 }), { maxLength: 4 }), async (writes) => {
        for (const steps of writes) {
          const other = steps.find((one) => one.what === 'elsewhere');
          await files.read(path);
          if (other) await writeFile(path, other.text);
          await writer.update(path, (draft) => {
            for (const one of steps) {
              if (one.what === 'set') draft.set(one.key, one.value, one.from);
              else if (one.what === 'delete') draft.delete(one.key);
            }
          });
          const anew = await new SessionsFiles({ clock }).read(path);
          const kept = await files.read(path);
          assert.deepEqual(new Map(kept.entries), new Map(anew.entries));
          assert.deepEqual(kept.unreadable.toSorted(), anew.unreadable.toSorted());
        }
      }),
      { numRuns: 40 },
    );
    const before = await files.read(path);
    await writer.update(path, (draft) => draft.set('new', { sessionId: 'n', updatedAt: 2 }));
    const after = await files.read(path);
    assert.notEqual(after, before);
    assert.equal(after.entries.get('new')?.entry.sessionId, 'n');
    assert.equal(after.entries.get('a'), before.entries.get('a'), 'what was not changed was not read again');
  });
});
