import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import {
  agentIdFrom,
  agentIdOf,
  canonicalKey,
  groupOf,
  isCronRun,
  kindOf,
  storeAgentOf,
} from '../../../../server/sources/openclaw/sessionKey.ts';

const anyKey = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc
    .array(fc.constantFrom('agent', 'main', 'global', 'cron', 'run', 'group', '', ' ', 'X'), { maxLength: 6 })
    .map((parts) => parts.join(':')),
);

describe('keys of OpenClaw sessions', () => {
  it('have one form, whichever form they come in', () => {
    for (const [key, canonical] of [
      ['main', 'agent:garden:main'],
      [' Main ', 'agent:garden:main'],
      ['home', 'agent:garden:main'],
      ['agent:work:home', 'agent:work:main'],
      ['global', 'global'],
      ['UNKNOWN', 'unknown'],
      ['telegram:group:-1', 'agent:garden:telegram:group:-1'],
      ['Agent:Main:Main', 'agent:main:main'],
      ['agent:main:Cron:A', 'agent:main:cron:a'],
      ['agent:cut', 'agent:cut'],
    ] as const) {
      assert.equal(canonicalKey(key, 'garden', 'home'), canonical, key);
    }
  });

  it('in their one form stay as they are', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const once = canonicalKey(key, 'main');
        assert.equal(canonicalKey(once, 'other'), once);
      }),
      { numRuns: 1000 },
    );
  });

  it('do not depend on case or on blanks around them', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), (key) => {
        assert.equal(canonicalKey(` ${key.toUpperCase()}\t`, 'main'), canonicalKey(key, 'main'));
      }),
    );
  });

  it('name an agent whose id is safe in a path, or none', () => {
    fc.assert(
      fc.property(anyKey, (key) => {
        const canonical = canonicalKey(key, 'main');
        for (const id of [agentIdOf(canonical) ?? 'main', storeAgentOf(canonical, 'main'), agentIdFrom(key)])
          assert.match(id, /^[a-z0-9_-]{1,64}$/);
      }),
      { numRuns: 1000 },
    );
    assert.equal(agentIdOf('agent:../../etc:main'), 'etc');
    assert.equal(agentIdOf('global'), undefined);
    assert.equal(storeAgentOf('global', 'garden'), 'garden');
  });

  it('tell direct sessions, groups, global and unknown apart', () => {
    for (const [key, chatType, kind] of [
      ['agent:main:main', undefined, 'direct'],
      ['agent:main:main', 'group', 'group'],
      ['agent:main:slack:c1', 'channel', 'group'],
      ['agent:main:telegram:group:-1', undefined, 'group'],
      ['agent:main:discord:channel:1', undefined, 'group'],
      ['agent:main:cron:a', undefined, 'direct'],
      ['agent:main:subagent:a', undefined, 'direct'],
      ['global', 'group', 'global'],
      ['unknown', undefined, 'unknown'],
    ] as const) {
      assert.equal(kindOf(key, chatType), kind, `${key} ${chatType}`);
    }
  });

  it('tell the runs of a cron job from the job', () => {
    for (const [key, isRun] of [
      ['agent:main:cron:a', false],
      ['agent:main:cron:a:run:b', true],
      ['cron:a:run:b', true],
      ['agent:main:cron:a:run:', false],
      ['agent:main:xcron:a:run:b', false],
    ] as const) {
      assert.equal(isCronRun(key), isRun, key);
    }
  });

  it('of groups hold the channel and the id', () => {
    assert.deepEqual(groupOf('agent:main:signal:group:a:b'), { channel: 'signal', id: 'a:b' });
    assert.equal(groupOf('agent:main:main'), undefined);
    assert.equal(groupOf('global'), undefined);
  });
});
