import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { mergePatch } from '../../../server/domain/mergePatch.ts';

const json = (text: string): Record<string, unknown> => {
  const value: unknown = JSON.parse(text);
  assert.ok(typeof value === 'object' && value !== null);
  return { ...value };
};

describe('JSON merge patch', () => {
  it('gives the results of the examples in RFC 7396, appendix A', () => {
    for (const [target, patch, result] of [
      ['{"a":"b"}', '{"a":"c"}', '{"a":"c"}'],
      ['{"a":"b"}', '{"b":"c"}', '{"a":"b","b":"c"}'],
      ['{"a":"b"}', '{"a":null}', '{}'],
      ['{"a":"b","b":"c"}', '{"a":null}', '{"b":"c"}'],
      ['{"a":["b"]}', '{"a":"c"}', '{"a":"c"}'],
      ['{"a":"c"}', '{"a":["b"]}', '{"a":["b"]}'],
      ['{"a":{"b":"c"}}', '{"a":{"b":"d","c":null}}', '{"a":{"b":"d"}}'],
      ['{"a":[{"b":"c"}]}', '{"a":[1]}', '{"a":[1]}'],
      ['{"e":null}', '{"a":1}', '{"e":null,"a":1}'],
      ['{}', '{"a":{"bb":{"ccc":null}}}', '{"a":{"bb":{}}}'],
    ] as const) {
      assert.equal(JSON.stringify(mergePatch(json(target), json(patch))), result, `${target} + ${patch}`);
    }
  });

  it('sets a key named __proto__ as a key, never a prototype', () => {
    const merged = mergePatch({}, json('{"__proto__": {"polluted": true}}'));
    assert.equal(JSON.stringify(merged), '{"__proto__":{"polluted":true}}');
    assert.equal(Object.getPrototypeOf(merged), Object.prototype);
    assert.equal(Reflect.get({}, 'polluted'), undefined);
  });

  it('is idempotent, and leaves its arguments as they were', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(object, object, (target, patch) => {
        const before = JSON.stringify([target, patch]);
        const once = mergePatch(target, patch);
        assert.equal(JSON.stringify(mergePatch(once, patch)), JSON.stringify(once));
        assert.equal(JSON.stringify([target, patch]), before);
      }),
    );
  });
});
