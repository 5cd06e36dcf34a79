import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PinnedSessions } from '../../../client/services/pinnedSessions.ts';
import { Pins } from '../../../client/services/pins.ts';
import { SessionModel } from '../../../client/services/sessionModel.ts';
import { SourceModel } from '../../../client/services/sourceModel.ts';
import { sessionsStart, sessionsUpdate } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { sessionsRemove, sessionsRestore } from '../../../server/protocol/sessionTrashMethods.ts';
import { fakeMemento } from './fakeMemento.ts';
import { callStore } from './storeCall.ts';

describe('pins', () => {
  it('are kept, each once, and lose none that other windows have pinned meanwhile', async () => {
    const state = fakeMemento();
    const [here, there] = [new Pins(state), new Pins(state)];
    let told = 0;
    here.onDidChange(() => told++);
    await here.add([{ ref: 'a' }, { ref: 'b' }]);
    await here.add([{ ref: 'a' }]);
    await there.add([{ ref: 'c' }]);
    assert.deepEqual([...here.refs], ['a', 'b']);
    await here.remove(['a', 'unknown']);
    await here.remove(['unknown']);
    there.refresh();
    there.refresh();
    assert.deepEqual([[...here.refs], [...there.refs], told], [['b', 'c'], ['b', 'c'], 2]);
  });

  it('that another version has written in a form of its own are none', () => {
    assert.deepEqual([...new Pins(fakeMemento({ pins: ['a'] })).refs], []);
  });
});

describe('pinned sessions', () => {
  it('are known however old they are, follow the store, and keep their pin over deletion and return', async (t) => {
    const { call } = await callStore(t);
    const { id } = await call(sessionsStart, { task: 'the oldest', mode: 'm' });
    for (let index = 0; index < 205; index++) await call(sessionsStart, { task: 't', mode: 'm' });
    const [sessions, sources] = [new SessionModel(call), new SourceModel(call)];
    t.after(() => sessions.dispose());
    await sessions.reload();
    assert.equal(sessions.get(id), undefined);
    const pins = new Pins(fakeMemento());
    const pinned = new PinnedSessions(pins, sessions, sources);
    t.after(() => pinned.dispose());
    await pins.add([{ ref: `lockstep:${id}`, store: sessions.store ?? '' }]);
    await sessions.catchUp();
    assert.equal(sessions.get(id)?.title, 'the oldest');
    await call(sessionsUpdate, { id, title: 'renamed' });
    await sessions.catchUp();
    assert.equal(sessions.get(id)?.title, 'renamed');
    await call(sessionsRemove, { id });
    await sessions.catchUp();
    assert.deepEqual([sessions.get(id), pins.refs.size], [undefined, 1]);
    await call(sessionsRestore, { id });
    await sessions.catchUp();
    assert.equal(sessions.get(id)?.title, 'renamed');
  });

  it('lose their pin when their own store says that they are gone, and not when another one does', async (t) => {
    const { call } = await callStore(t);
    const [sessions, sources] = [new SessionModel(call), new SourceModel(call)];
    t.after(() => sessions.dispose());
    await sessions.reload();
    const pins = new Pins(fakeMemento());
    const pinned = new PinnedSessions(pins, sessions, sources);
    t.after(() => pinned.dispose());
    await pins.add([
      { ref: 'lockstep:gone', store: sessions.store ?? '' },
      { ref: 'lockstep:elsewhere', store: 'another' },
    ]);
    await sessions.catchUp();
    assert.deepEqual([...pins.refs], ['lockstep:elsewhere']);
  });
});
