import assert from 'node:assert/strict';
import { mkdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import * as z from 'zod';
import { LockstepError } from '../../../../server/domain/errors.ts';
import { openForReading } from '../../../../server/sources/jsonl/readableFile.ts';
import { readEntry } from '../../../../server/sources/openclaw/sessionEntry.ts';
import { sessionCacheTtlMs, SessionsFiles } from '../../../../server/sources/openclaw/sessionsJson.ts';
import { tempFolder } from '../../../support/tempFolder.ts';

const anyValue = fc.oneof(
  fc.json({ maxDepth: 3 }).map((text): unknown => JSON.parse(text)),
  fc.constantFrom<unknown>(null, -1, 1e308, '', '\uD800', '__proto__', [], {}, '../../etc/passwd'),
);
const anyField = fc.constantFrom('sessionId', 'updatedAt', 'label', 'origin', 'sendPolicy', 'provider', 'x');

function counted() {
  let reads = 0;
  let now = 1000;
  const files = new SessionsFiles({
    clock: { now: () => now },
    ttlMs: 45_000,
    maxBytes: 4096,
    open: async (path) => {
      const file = await openForReading(path);
      return {
        ...file,
        read: (...at) => {
          reads += 1;
          return file.read(...at);
        },
      };
    },
  });
  return { files, reads: () => reads, pass: (ms: number) => (now += ms) };
}

describe('sessions.json', () => {
  it('that is not there is an empty store', async (t) => {
    const { files } = counted();
    assert.equal((await files.read(join(await tempFolder(t), 'sessions.json'))).entries.size, 0);
  });

  it('is read once while it stays the same, and again when it changed or 45 s have gone', async (t) => {
    const path = join(await tempFolder(t), 'sessions.json');
    await writeFile(path, '{"a":{"sessionId":"1","updatedAt":1}}');
    const { files, reads, pass } = counted();
    const first = await files.read(path);
    const before = reads();
    assert.equal(await files.read(path), first);
    assert.equal(reads(), before);
    pass(45_000);
    assert.notEqual(await files.read(path), first);
    assert.ok(reads() > before);
    await writeFile(path, '{"b":{"sessionId":"2","updatedAt":2}}'); // as large as before
    await utimes(path, 1, 1);
    assert.deepEqual([...(await files.read(path)).entries.keys()], ['b']);
    await rm(path);
    assert.equal((await files.read(path)).entries.size, 0);
  });

  it('has a time in memory that the environment can set', () => {
    assert.equal(sessionCacheTtlMs({}), 45_000);
    assert.equal(sessionCacheTtlMs({ OPENCLAW_SESSION_CACHE_TTL_MS: '0' }), 0);
    assert.equal(sessionCacheTtlMs({ OPENCLAW_SESSION_CACHE_TTL_MS: 'soon' }), 45_000);
  });

  it('that is no object of JSON is corrupt, never empty, and says where it and its backups are', async (t) => {
    const folder = await tempFolder(t);
    const path = join(folder, 'sessions.json');
    await writeFile(join(folder, 'sessions.json.bak.1700000000001'), '{}');
    await writeFile(join(folder, 'sessions.json.bak.1700000000002'), '{}');
    for (const text of ['', '{"a":', '[]', 'null', '"x"', '\0\0\0', '{a: 1}']) {
      await writeFile(path, text);
      await assert.rejects(counted().files.read(path), (error) => {
        assert.ok(error instanceof LockstepError);
        assert.equal(error.code, 'STORE_CORRUPT', text);
        const urls = error.actions.map((action) => (action.kind === 'link' ? action.url : ''));
        assert.deepEqual(urls, [
          pathToFileURL(path).href,
          pathToFileURL(join(folder, 'sessions.json.bak.1700000000002')).href,
        ]);
        return true;
      });
    }
  });

  it('that was half written is looked at a second time', async (t) => {
    const path = join(await tempFolder(t), 'sessions.json');
    await writeFile(path, '{"a"');
    let opened = 0;
    const files = new SessionsFiles({
      clock: { now: () => 0 },
      open: async (path) => {
        opened += 1;
        if (opened === 2) await writeFile(path, '{"a":{}}');
        return openForReading(path);
      },
    });
    assert.deepEqual([...(await files.read(path)).entries.keys()], ['a']);
  });

  it('that is too large or no file is refused with words', async (t) => {
    const folder = await tempFolder(t);
    const path = join(folder, 'sessions.json');
    await writeFile(path, `{"a":"${'x'.repeat(5000)}"}`);
    await assert.rejects(counted().files.read(path), { code: 'STORE_UNAVAILABLE', message: /larger than/ });
    await mkdir(join(folder, 'folder'));
    await assert.rejects(counted().files.read(join(folder, 'folder')), { code: 'STORE_UNAVAILABLE' });
  });

  it('loses no entry to a field of a wrong type, and no field that it does not know', () => {
    const raw = {
      sessionId: 'a',
      updatedAt: 'yesterday',
      label: 7,
      origin: { label: 3 },
      subject: 'Kept',
      later: { nested: [1, { ü: null }] },
    };
    const read = readEntry(raw);
    assert.deepEqual(read?.entry, { sessionId: 'a', subject: 'Kept', later: { nested: [1, { ü: null }] } });
    assert.deepEqual(read.leftOut, ['updatedAt', 'label', 'origin']);
    assert.equal(read.raw, raw);
  });

  it('has the old names of fields under their new ones', () => {
    const old = readEntry({ provider: 'whatsapp', lastProvider: 'whatsapp', room: 'r' });
    assert.deepEqual(
      [old?.entry.channel, old?.entry.lastChannel, old?.entry.groupChannel],
      ['whatsapp', 'whatsapp', 'r'],
    );
    assert.equal(readEntry({ provider: 'a', channel: 'b' })?.entry.channel, 'b');
  });

  it('of whatever bytes is read, or refused with a code', async (t) => {
    const path = join(await tempFolder(t), 'sessions.json');
    const store = fc.dictionary(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'global', 'agent::')),
      fc.oneof(anyValue, fc.dictionary(anyField, anyValue)),
    );
    const bytes = fc.oneof(
      { weight: 3, arbitrary: store.map((value) => Buffer.from(JSON.stringify(value))) },
      fc.tuple(store, fc.nat(300)).map(([value, cut]) => Buffer.from(JSON.stringify(value)).subarray(0, cut)),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (bytes) => {
        await writeFile(path, bytes);
        const files = new SessionsFiles({ clock: { now: () => 0 } });
        try {
          const { entries, unreadable } = await files.read(path);
          const value = z.looseObject({}).parse(JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, '')));
          const keys = new Set([...entries.keys(), ...unreadable]);
          for (const key of Object.keys(value)) assert.ok(keys.has(key), key);
        } catch (error) {
          assert.ok(error instanceof LockstepError && error.code === 'STORE_CORRUPT', String(error));
        }
      }),
      { numRuns: 100 },
    );
  });
});
