import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { folderKey, folderName, folderPlace, isWithin } from '../../../client/services/folder.ts';

describe('folders', () => {
  it('are the same however they are written', () => {
    for (const [one, other] of [
      ['/home/dev/shop', '/home/dev/shop/'],
      ['/home/dev/shop', '/home/dev/shop//'],
      [String.raw`C:\work\shop`, String.raw`c:\work\shop`],
      [String.raw`C:\work\shop`, 'c:\\work\\shop\\'],
    ] as const) {
      assert.equal(folderKey(one), folderKey(other));
    }
    assert.deepEqual([folderKey('/'), folderKey('C:\\')], ['/', 'c:\\']);
    assert.notEqual(folderKey('/home/dev/Shop'), folderKey('/home/dev/shop'));
  });

  it('are in one another by whole names only', () => {
    assert.ok(isWithin('/a/b/c', '/a/b'));
    assert.ok(isWithin('/a/b/', '/a/b'));
    assert.ok(isWithin('/a', '/'));
    assert.ok(isWithin(String.raw`C:\a\b`, 'c:\\'));
    assert.ok(isWithin(String.raw`C:\a\b`, String.raw`c:\a`));
    assert.ok(!isWithin('/a/bc', '/a/b'));
    assert.ok(!isWithin('/a', '/a/b'));
  });

  it('have a name and a place', () => {
    assert.deepEqual([folderName('/home/dev/shop/'), folderPlace('/home/dev/shop/')], ['shop', '/home/dev']);
    assert.deepEqual([folderName('/shop'), folderPlace('/shop')], ['shop', '/']);
    assert.deepEqual([folderName(String.raw`C:\shop`), folderPlace(String.raw`C:\shop`)], ['shop', 'c:\\']);
    assert.deepEqual([folderName('/'), folderPlace('/')], ['/', '']);
  });
});
