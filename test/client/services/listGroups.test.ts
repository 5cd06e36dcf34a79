import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { grouping, sorting, type Grouping, type Sorting } from '../../../client/services/listChoices.ts';
import { groupId, groupRows, type ToGroup } from '../../../client/services/listGroups.ts';
import { refOf, sortRows, type ListRow } from '../../../client/services/listRow.ts';
import { sessionKind, sessionStatus } from '../../../server/protocol/session.ts';
import { foreignRow, ownRow } from './sampleRows.ts';

const day = (n: number) => `2026-01-${String(n).padStart(2, '0')}T00:00:00.000Z`;

const ROWS: readonly ListRow[] = [
  ownRow('a', { status: 'paused', kind: 'step', workspace: '/home/dev/shop', updatedAt: day(1) }),
  ownRow('b', { kind: 'conversation', updatedAt: day(4) }),
  ownRow('c', { status: 'failed', archivedAt: day(2), workspace: '/home/dev/shop', updatedAt: day(3) }),
  foreignRow('d', { source: 'claude-code', ref: 'claude-code:d', cwd: '/home/dev/shop/', updatedAt: day(2) }),
  foreignRow('e', { cwd: '/other/shop', updatedAt: day(5) }),
];

function arranged(by: Grouping, fields: Partial<ToGroup> = {}): Record<string, string> {
  const groups = groupRows({
    rows: sortRows(ROWS, 'changed'),
    problems: [],
    grouping: by,
    pinned: new Set(),
    agents: ['claude-code', 'pi'],
    folders: ['/home/dev/shop'],
    always: [],
    ...fields,
  });
  return Object.fromEntries(
    groups.map(({ of, rows }) => [groupId(of), rows.map(({ session }) => session.id).join(' ')]),
  );
}

/** Also the order of the groups: objects are compared without it. */
const inOrder = (groups: Record<string, string>) => Object.entries(groups);

describe('the groups of the list', () => {
  it('are by status for own sessions, then by agent', () => {
    assert.deepEqual(inOrder(arranged('status')), [
      ['group/active', 'b'],
      ['group/paused', 'a'],
      ['group/archived', 'c'],
      ['source/claude-code', 'd'],
      ['source/pi', 'e'],
    ]);
  });

  it('are by source: Lockstep, what is archived there, and each agent', () => {
    assert.deepEqual(inOrder(arranged('source')), [
      ['own', 'b a'],
      ['group/archived', 'c'],
      ['source/claude-code', 'd'],
      ['source/pi', 'e'],
    ]);
  });

  it('are by folder with sessions of any origin, those of the window first, those without a folder last', () => {
    assert.deepEqual(inOrder(arranged('workspace')), [
      ['folder//home/dev/shop', 'd a'],
      ['folder//other/shop', 'e'],
      ['folder', 'b'],
      ['group/archived', 'c'],
    ]);
  });

  it('are by kind for own sessions, then by agent', () => {
    assert.deepEqual(inOrder(arranged('kind')), [
      ['kind/step', 'a'],
      ['kind/conversation', 'b'],
      ['group/archived', 'c'],
      ['source/claude-code', 'd'],
      ['source/pi', 'e'],
    ]);
  });

  it('have pinned sessions of any origin on top, and nowhere else', () => {
    const pinned = new Set(['lockstep:c', 'pi:e.jsonl', 'lockstep:unknown']);
    assert.deepEqual(inOrder(arranged('status', { pinned })), [
      ['pinned', 'e c'],
      ['group/active', 'b'],
      ['group/paused', 'a'],
      ['source/claude-code', 'd'],
    ]);
  });

  it('keep the files that cannot be read, whatever they are by', () => {
    for (const by of grouping.options) {
      const groups = groupRows({
        rows: [],
        problems: [{ source: 'pi', path: '/pi/x', message: 'no' }],
        grouping: by,
        pinned: new Set(),
        agents: ['pi'],
        folders: [],
        always: [],
      });
      assert.deepEqual(groups.flatMap(({ problems }) => problems).length, 1, by);
    }
  });

  it('hold every session exactly once, and do not change places with what is in them', () => {
    const row = fc
      .record({
        id: fc.uuid(),
        own: fc.boolean(),
        status: fc.constantFrom(...sessionStatus.options),
        kind: fc.constantFrom(...sessionKind.options),
        archived: fc.boolean(),
        folder: fc.constantFrom(undefined, '/a', '/a/', '/b', '/c/a'),
        at: fc.integer({ min: 1, max: 28 }),
      })
      .map(({ id, own, status, kind, archived, folder, at }) => {
        const place = folder === undefined ? {} : own ? { workspace: folder } : { cwd: folder };
        const archivedAt = archived ? { archivedAt: day(at) } : {};
        return own
          ? ownRow(id, { status, kind, updatedAt: day(at), ...archivedAt, ...place })
          : foreignRow(id, { updatedAt: day(at), ...place });
      });
    fc.assert(
      fc.property(
        fc.uniqueArray(row, { selector: refOf }),
        fc.constantFrom(...grouping.options),
        (rows, by) => {
          const list = { problems: [], grouping: by, agents: ['pi'], folders: ['/b'], always: [] } as const;
          const pinned = new Set(rows.slice(0, 2).map(refOf));
          const groups = groupRows({ ...list, rows, pinned });
          const there = groups.flatMap((group) => group.rows).map(refOf);
          assert.deepEqual(there.toSorted(), rows.map(refOf).toSorted());
          const again = groupRows({ ...list, rows: rows.toReversed(), pinned });
          assert.deepEqual(
            again.map(({ of }) => groupId(of)),
            groups.map(({ of }) => groupId(of)),
          );
        },
      ),
    );
  });
});

describe('the order of rows', () => {
  const sorted = (by: Sorting, ...rows: ListRow[]) => sortRows(rows, by).map(({ session }) => session.id);

  it('is by the last change, by the start, or by title as a reader sorts', () => {
    const [x, y, z] = [
      ownRow('x', { title: 'task 10', createdAt: day(1), updatedAt: day(9) }),
      ownRow('y', { title: 'Task 9', createdAt: day(3), updatedAt: day(7) }),
      foreignRow('z', { title: 'árbol', createdAt: day(2), updatedAt: day(8) }),
    ];
    assert.deepEqual(sorted('changed', y, z, x), ['x', 'z', 'y']);
    assert.deepEqual(sorted('started', x, z, y), ['y', 'z', 'x']);
    assert.deepEqual(sorted('title', x, y, z), ['z', 'y', 'x']);
  });

  it('takes the last change for the start where an agent does not tell it', () => {
    const [x, y] = [ownRow('x', { createdAt: day(5) }), foreignRow('y', { updatedAt: day(6) })];
    assert.deepEqual(sorted('started', x, y), ['y', 'x']);
  });

  it('does not depend on the order before where rows are equal', () => {
    const rows = ['1', '2', '3'].map((id) => ownRow(id, { title: 'same' }));
    for (const by of sorting.options) {
      assert.deepEqual(sorted(by, ...rows), sorted(by, ...rows.toReversed()));
    }
  });
});
