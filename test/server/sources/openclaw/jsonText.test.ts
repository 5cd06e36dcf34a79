import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { isPlainObject } from '../../../../server/protocol/json.ts';
import { ObjectText } from '../../../../server/sources/openclaw/jsonText.ts';

/** A value as some program may have written it: the text, and what it means. */
interface Written {
  readonly text: string;
  readonly value: unknown;
}

const blank = fc.string({ unit: fc.constantFrom(' ', '\n', '\t', '\r'), maxLength: 3 });

/** Without keys that end in a backslash; see below. */
const json = (maxDepth: number) => fc.json({ maxDepth }).filter((text) => !/\\"\s*:/.test(text));

/** Also in ways that `JSON.stringify` never would. */
const written: fc.Arbitrary<Written> = fc
  .oneof(
    json(3),
    fc
      .tuple(json(2), fc.integer({ min: 1, max: 4 }))
      .map(([text, indent]) => JSON.stringify(JSON.parse(text), null, indent)),
    fc.constantFrom(
      '1.0',
      '-0',
      '1e3',
      '1E+2',
      '12345678901234567890',
      '0.1000',
      '1e999',
      String.raw`"\u0041\/\\"`,
      String.raw`"\\\""`,
      String.raw`"{\"a\": [}"`,
      '"\u2028 🌱 \uFEFF"',
      String.raw`"\ud800"`,
      '[ ]',
      '{ }',
      '[1 , {"a" : "]}"} ]',
      '{"__proto__": {"a": 1}, "a": 1, "a": 2}',
    ),
  )
  .map((text): Written => ({ text, value: JSON.parse(text) }));

/**
 * None ends in a backslash: once V8 has met such a key, its `JSON.parse` takes another one that begins with an escape for
 * it (Node 24: after `{"\\":1}`, `{"a":1,"\u0062":2}` has a key `\`).
 */
const key = fc.oneof(
  fc.constantFrom('a', 'b', '__proto__', 'constructor', '', '1', '0', 'a\\b', '"', 'agent:main:main', 'é🌱'),
  fc.string({ maxLength: 5 }).filter((name) => !name.endsWith('\\')),
);

/** A key in one of the ways to write it. */
const writtenKey = fc.tuple(key, fc.boolean()).map(([name, escaped]) => ({
  name,
  text: escaped
    ? `"${Array.from({ length: name.length }, (_, at) => `\\u${name.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`
    : JSON.stringify(name),
}));

const members = fc.array(fc.tuple(writtenKey, written, fc.tuple(blank, blank, blank, blank)), {
  maxLength: 6,
});
type Members = typeof members extends fc.Arbitrary<infer T> ? T : never;

function textOf(list: Members, around: string): string {
  const parts = list.map(([{ text }, { text: value }, [a, b, c, d]]) => `${a}${text}${b}:${c}${value}${d}`);
  return `${around}{${list.length === 0 ? around : parts.join(',')}}${around}`;
}

type Change = readonly ['set', string, Written] | readonly ['delete', string];
const changes: fc.Arbitrary<Change[]> = fc.array(
  fc.oneof(
    fc.tuple(fc.constant('set' as const), key, written),
    fc.tuple(fc.constant('delete' as const), key),
  ),
  { maxLength: 5 },
);

const style = fc.constantFrom({ indent: undefined }, { indent: 2 }, { indent: 4 });

describe('the text of an object of JSON', () => {
  it('means after any changes what a map would hold, and answers as one', () => {
    fc.assert(
      fc.property(members, blank, changes, style, (list, around, steps, how) => {
        const object = new ObjectText(textOf(list, around), how);
        const model = new Map(list.map(([{ name }, { value }]) => [name, value]));
        for (const [what, name, value] of steps) {
          if (what === 'set') {
            object.set(name, value.text);
            model.set(name, value.value);
          } else {
            object.delete(name);
            model.delete(name);
          }
        }
        for (const name of new Set([...model.keys(), ...steps.map(([, one]) => one)])) {
          const text = object.get(name);
          assert.deepEqual(text === undefined ? undefined : JSON.parse(text), model.get(name));
        }
        const after: unknown = JSON.parse(object.toString());
        assert.ok(isPlainObject(after));
        assert.deepEqual(new Map(Object.entries(after)), model);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps each member that is not changed to the letter, and in its place', () => {
    fc.assert(
      fc.property(members, blank, changes, style, (list, around, steps, how) => {
        const object = new ObjectText(textOf(list, around), how);
        for (const [what, name, value] of steps)
          if (what === 'set') object.set(name, value.text);
          else object.delete(name);
        const touched = new Set(steps.map(([, name]) => name));
        const [first, ...rest] = [...object.parts()];
        assert.equal(first, '{');
        const untouched = list
          .filter(([{ name }]) => !touched.has(name))
          .map(([{ text }, { text: value }, [, b, c]]) => `${text}${b}:${c}${value}`);
        const kept = rest.map((part) => part.replace(/^,?(?:\n +)?/, ''));
        let at = 0;
        for (const part of kept) if (part === untouched[at]) at++;
        assert.equal(at, untouched.length, JSON.stringify([untouched, kept]));
      }),
      { numRuns: 500 },
    );
  });

  it('is written on one line or on lines of its own', () => {
    const on = (text: string, indent: number | undefined) => {
      const object = new ObjectText(text, { indent });
      object.set('new', '[1]');
      object.delete('old');
      return object.toString();
    };
    assert.equal(on('{"a":1.0,"old":2}', undefined), '{"a":1.0,"new":[1]}');
    assert.equal(on('{\n  "a": 1.0,\n  "old": 2\n}', 2), '{\n  "a": 1.0,\n  "new": [1]\n}');
    assert.equal(on('{"old":2}', 4), '{\n    "new": [1]\n  }');
    const empty = new ObjectText('{"old":2}', { indent: 2 });
    empty.delete('old');
    assert.equal(empty.toString(), '{}');
  });

  it('makes one of several members with one name when that is set, and none when it is deleted', () => {
    const text = '{"a":1,"b":2,"a":3}';
    const set = new ObjectText(text, { indent: undefined });
    assert.equal(set.get('a'), '3');
    set.set('a', '4');
    assert.equal(set.toString(), '{"a":4,"b":2}');
    const deleted = new ObjectText(text, { indent: undefined });
    deleted.delete('a');
    assert.equal(deleted.toString(), '{"b":2}');
    assert.equal(new ObjectText(text, { indent: undefined }).toString(), text);
  });
});
