import type { SQLInputValue } from 'node:sqlite';
import * as z from 'zod';
import { LockstepError } from '../domain/errors.ts';
import type { Session } from '../protocol/session.ts';
import type { FindQuery, StatsFilter } from './sessionStore.ts';

/** A clause, or a whole query, and its values. Values are never put into the text. */
export interface Where {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

type Condition = readonly [sql: string, ...values: SQLInputValue[]];

/** Where a page of `find` ended: the last session's place in the order. */
const cursorSchema = z.tuple([z.int(), z.string()]);

export function encodeCursor(last: Session): string {
  return Buffer.from(JSON.stringify([Date.parse(last.createdAt), last.id])).toString('base64url');
}

function decodeCursor(cursor: string): [number, string] {
  try {
    return cursorSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    throw new LockstepError('INVALID_PARAMS', 'cursor: is not the nextCursor of a page.', {
      details: { param: 'cursor' },
    });
  }
}

/**
 * The sessions that match, newest first. Several statuses are one query each, merged by SQLite in the order of their
 * index: asked for in one, it would have to sort all that match. Filters that name few sessions have indexes of
 * their own.
 */
export function findSelect(query: FindQuery): Where {
  const { status, trashed, archived, label, idPrefix, userId, parentId, workspace } = query;
  const isIndexed =
    !trashed &&
    archived === false &&
    [label, idPrefix, userId, parentId, workspace].every((value) => value === undefined);
  const parts =
    isIndexed && status
      ? [...new Set(status)].map((one) => findWhere({ ...query, status: [one] }))
      : [findWhere(query)];
  return {
    sql: `${parts.map(({ sql }) => `SELECT * FROM sessions ${sql}`).join(' UNION ALL ')} ORDER BY created_at DESC, id DESC`,
    values: parts.flatMap(({ values }) => values),
  };
}

function findWhere(query: FindQuery): Where {
  const conditions: Condition[] = [];
  const equal = (column: string, value: string | undefined) => {
    if (value !== undefined) conditions.push([`${column} = ?`, value]);
  };
  const bound = (column: string, operator: '>=' | '<', value: string | undefined) => {
    if (value !== undefined) conditions.push([`${column} ${operator} ?`, Date.parse(value)]);
  };
  if (query.idPrefix !== undefined) {
    // As a range, for the index; no character is above the last one.
    conditions.push(['id >= ?', query.idPrefix], ['id < ?', `${query.idPrefix}\u{10ffff}`]);
  }
  equal('label', query.label);
  equal('user_id', query.userId);
  equal('channel_id', query.channelId);
  equal('mode', query.mode);
  equal('kind', query.kind);
  equal('parent_id', query.parentId);
  equal('workspace', query.workspace);
  if (query.status)
    conditions.push([`status IN (${query.status.map(() => '?').join(', ')})`, ...query.status]);
  bound('created_at', '>=', query.createdAfter);
  bound('created_at', '<', query.createdBefore);
  bound('updated_at', '>=', query.updatedAfter);
  bound('updated_at', '<', query.updatedBefore);
  if (query.text !== undefined) {
    const pattern = `%${query.text.replaceAll(/[\\%_]/g, '\\$&')}%`;
    const columns = ['title', 'task', 'label', 'id'];
    conditions.push([
      `(${columns.map((column) => `${column} LIKE ? ESCAPE '\\'`).join(' OR ')})`,
      ...columns.map(() => pattern),
    ]);
  }
  // Without those of which a part is destroyed already.
  conditions.push([query.trashed ? 'trashed_at > 0' : 'trashed_at IS NULL']);
  // What is in the trash is shown there, archived or not.
  if (query.archived === false && !query.trashed) conditions.push(['archived_at IS NULL']);
  if (query.archived === 'only') conditions.push(['archived_at IS NOT NULL']);
  if (query.archived === 'open') conditions.push(['(archived_at IS NULL OR ended_at IS NULL)']);
  if (query.cursor !== undefined)
    conditions.push(['(created_at, id) < (?, ?)', ...decodeCursor(query.cursor)]);
  return where(conditions);
}

export function statsWhere(filter: StatsFilter): Where {
  const conditions: Condition[] = [['trashed_at IS NULL']];
  if (filter.userId !== undefined) conditions.push(['user_id = ?', filter.userId]);
  if (filter.workspace !== undefined) conditions.push(['workspace = ?', filter.workspace]);
  if (filter.kind !== undefined) conditions.push(['kind = ?', filter.kind]);
  if (!filter.archived) conditions.push(['archived_at IS NULL']);
  return where(conditions);
}

function where(conditions: readonly Condition[]): Where {
  return {
    sql: `WHERE ${conditions.map(([sql]) => sql).join(' AND ')}`,
    values: conditions.flatMap(([, ...values]) => values),
  };
}
