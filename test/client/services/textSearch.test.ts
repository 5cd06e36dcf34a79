import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TextSearch } from '../../../client/services/textSearch.ts';
import { own } from './sampleRows.ts';

/** A store with so many matches, one on each page. */
function searchWith(matches: number) {
  const asked: string[] = [];
  const search = new TextSearch((text, cursor) => {
    asked.push(text);
    const at = Number(cursor ?? '0');
    const session = { ...own(`${text}${at}`), context: {}, metadata: {} };
    return Promise.resolve({
      sessions: [session],
      ...(at + 1 < matches ? { nextCursor: String(at + 1) } : {}),
    });
  });
  const next = async (anew?: boolean) => (await search.next(anew)).map(({ id }) => id);
  return { search, asked, next };
}

describe('a search through the store', () => {
  it('brings some pages at once, tells whether there are more, and goes on from there', async () => {
    const { search, next } = searchWith(6);
    search.lookFor('a');
    assert.deepEqual([search.isBegun, search.isDone], [false, false]);
    assert.deepEqual(await next(), ['a0', 'a1', 'a2', 'a3']);
    assert.deepEqual([search.isBegun, search.isDone], [true, false]);
    assert.deepEqual(await next(), ['a4', 'a5']);
    assert.deepEqual([search.isDone, await next()], [true, []]);
    assert.deepEqual(await next(true), ['a0', 'a1', 'a2', 'a3']);
  });

  it('gives nothing of a text when another one was given meanwhile', async () => {
    const { search, asked, next } = searchWith(6);
    search.lookFor('a');
    const old = next();
    search.lookFor('b');
    assert.deepEqual([await old, await next()], [[], ['b0', 'b1', 'b2', 'b3']]);
    assert.deepEqual(asked, ['a', 'b', 'b', 'b', 'b']);
  });

  it('for nothing is done', async () => {
    const { search, asked, next } = searchWith(6);
    assert.deepEqual([search.isBegun, search.isDone, await next(true), asked], [true, true, [], []]);
  });
});
