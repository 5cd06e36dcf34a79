import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseLockPayload } from '../../../server/locks/lockPayload.ts';

describe('what a lock file says', () => {
  const NOW = Date.UTC(2026, 10, 25);
  const parse = (content: unknown) =>
    parseLockPayload(
      Buffer.isBuffer(content)
        ? content
        : Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)),
      NOW,
    );
  const nothing = { pid: undefined, processStart: undefined, madeAt: undefined, owner: undefined };

  it('is its pid, when it was made, and when its owner began', () => {
    const createdAt = '2026-11-21T09:50:50.000Z';
    const madeAt = Date.parse(createdAt);
    assert.deepEqual(parse({ pid: 7, createdAt }), { ...nothing, pid: 7, madeAt });
    assert.deepEqual(parse({ pid: 7, createdAt, maxHoldMs: 300_000, starttime: 12 }), {
      ...nothing,
      pid: 7,
      processStart: '12',
      madeAt,
    });
    assert.deepEqual(parse({ pid: 7, startedAt: madeAt }), { ...nothing, pid: 7, madeAt });
    assert.deepEqual(parse({ pid: 7, createdAt: '2026-11-21T10:50:50+01:00' }), {
      ...nothing,
      pid: 7,
      madeAt,
    });
    assert.deepEqual(parse(`\uFEFF${JSON.stringify({ pid: 7 }, undefined, 2)}\r\n`), { ...nothing, pid: 7 });
  });

  it('is nothing where it is no such object', () => {
    for (const content of [
      '',
      ' ',
      'garbage',
      '{"pid": 7',
      'null',
      '7',
      '"7"',
      '[{"pid":7}]',
      '{}',
      '\0',
      `{"pid":7}\0`,
      '{"pid":7}{"pid":8}',
    ])
      assert.deepEqual(parse(content), nothing, content);
    for (const depth of [100, 10_000, 32_000])
      assert.deepEqual(parse('['.repeat(depth) + ']'.repeat(depth)), nothing);
    assert.deepEqual(parse(`{"pid":7,"deep":${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}}`), {
      ...nothing,
      pid: 7,
    });
  });

  it('is no pid where it is none that a process can have', () => {
    for (const pid of ['7', '', true, null, [], {}, 0, -7, 1.5, 2 ** 31, 1e300, -1e300])
      assert.equal(parse({ pid }).pid, undefined, JSON.stringify(pid));
    assert.equal(parse({ pid: 2 ** 31 - 1 }).pid, 2 ** 31 - 1);
  });

  it('is no time where it is none at which a lock can have been made', () => {
    const strange = [
      '1',
      '7',
      'now',
      '',
      '2026',
      '2026-11-21',
      '2026-11-21 09:50',
      'Sat Nov 21 2026',
      '2026-11-21T09:50:50',
      '0001-01-01T00:00:00Z',
      '+275760-09-13T00:00:00Z',
      '9999-12-31T23:59:59Z',
      '2026-11-27T00:00:00Z',
      '2026-13-45T99:99:99Z',
      7,
      null,
      {},
    ];
    for (const createdAt of strange)
      assert.equal(parse({ pid: 7, createdAt }).madeAt, undefined, JSON.stringify(createdAt));
    for (const startedAt of [0, 1, -1, 1_764_000_000, 1e300, '1764000000000', NOW + 2 * 86_400_000])
      assert.equal(parse({ pid: 7, startedAt }).madeAt, undefined, String(startedAt));
  });

  it('is no start where it is none of a Linux', () => {
    for (const starttime of ['12', -1, 1.5, 1e300, null, {}])
      assert.equal(parse({ pid: 7, starttime }).processStart, undefined, JSON.stringify(starttime));
  });

  it('never throws, and gives nothing but what can be', () => {
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
      fc.json({ maxDepth: 6 }).map((text) => Buffer.from(text)),
      fc
        .record({
          pid: fc.anything(),
          createdAt: fc.anything(),
          startedAt: fc.anything(),
          starttime: fc.anything(),
        })
        .map((value) => {
          try {
            return Buffer.from(JSON.stringify(value));
          } catch {
            return Buffer.from('a circle');
          }
        }),
    );
    fc.assert(
      fc.property(content, (bytes) => {
        const { pid, processStart, madeAt } = parseLockPayload(bytes, NOW);
        assert.ok(pid === undefined || (Number.isInteger(pid) && pid > 0 && pid < 2 ** 31));
        assert.ok(processStart === undefined || /^\d+$/.test(processStart));
        assert.ok(madeAt === undefined || (madeAt > 0 && madeAt < NOW + 86_400_000));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('a lock that Lockstep made on a file of OpenClaw', () => {
  it('names its owner in full, which is believed where the pid is the same', () => {
    const owner = { pid: 7, processStart: '12', bootId: 'b', pidNamespace: 'n', host: 'h', name: 'lockstep' };
    const parse = (content: object) =>
      parseLockPayload(Buffer.from(JSON.stringify(content)), Date.now()).owner;
    assert.deepEqual(parse({ pid: 7, owner }), owner);
    for (const content of [
      { pid: 8, owner },
      { owner },
      { pid: 7, owner: { pid: 7 } },
      { pid: 7, owner: 'x' },
    ])
      assert.equal(parse(content), undefined);
  });
});
