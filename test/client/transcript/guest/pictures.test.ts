import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PictureState } from '../../../../client/transcript/guest/pictures/pictures.ts';
import { Pictures } from '../../../../client/transcript/guest/pictures/pictures.ts';
import type { GuestMessage } from '../../../../client/transcript/messages.ts';

function setUp() {
  const sent: GuestMessage[] = [];
  const states: PictureState[] = [];
  const onChange = (state: PictureState) => void states.push(state);
  return { sent, states, onChange, pictures: new Pictures((message) => sent.push(message)) };
}
const place = { position: 7, index: 1 };
const image = { type: 'image', ...place } as const;

describe('pictures', () => {
  test('are asked for when they are first looked at, and once', () => {
    const { sent, states, onChange, pictures } = setUp();
    assert.deepEqual(pictures.view(place, onChange), { state: 'loading' });
    assert.deepEqual(
      pictures.view(place, () => {}),
      { state: 'loading' },
    );
    assert.deepEqual(sent, [image]);
    pictures.receive({ ...image, mediaType: 'image/png', data: 'aGk=' });
    const [state] = states;
    assert.ok(state?.state === 'shown' && state.url.startsWith('blob:'));
    assert.equal(pictures.view(place, onChange), state);
    assert.equal(sent.length, 1);
  });

  test('of another kind, or not to be had, say so', () => {
    const cases: readonly [object, PictureState][] = [
      [{ problem: 'It is too large' }, { state: 'failed', problem: 'It is too large' }],
      [{ mediaType: 'image/svg+xml', data: 'aGk=' }, { state: 'failed' }],
      [{ mediaType: 'text/html', data: 'aGk=' }, { state: 'failed' }],
      [{ mediaType: 'image/png', data: '!' }, { state: 'failed' }],
    ];
    for (const [answer, expected] of cases) {
      const { states, onChange, pictures } = setUp();
      pictures.view(place, onChange);
      pictures.receive({ ...image, ...answer });
      assert.deepEqual(states, [expected]);
    }
  });

  test('out of view are kept for a while, those of longest ago are let go', async () => {
    const { sent, states, onChange, pictures } = setUp();
    for (let index = 0; index < 30; index++) {
      pictures.view({ position: 7, index }, onChange);
      pictures.receive({ type: 'image', position: 7, index, mediaType: 'image/png', data: 'aGk=' });
      pictures.leave({ position: 7, index }, onChange);
    }
    const url = (state: PictureState | undefined) => (state?.state === 'shown' ? state.url : '');
    await assert.rejects(fetch(url(states[0])));
    assert.equal((await fetch(url(states[29]))).status, 200);
    assert.equal(pictures.view({ position: 7, index: 29 }, onChange).state, 'shown');
    assert.equal(pictures.view({ position: 7, index: 0 }, onChange).state, 'loading');
    assert.equal(sent.length, 31);
  });

  test('have their size from the beginning when they come into view again', () => {
    const { onChange, pictures } = setUp();
    pictures.view(place, onChange);
    pictures.receive({ ...image, mediaType: 'image/png', data: 'aGk=' });
    pictures.measured(place, { width: 40, height: 30 });
    pictures.leave(place, onChange);
    const state = pictures.view(place, onChange);
    assert.deepEqual(state.state === 'shown' && state.size, { width: 40, height: 30 });
  });

  test('in view are never let go', () => {
    const { sent, onChange, pictures } = setUp();
    for (let index = 0; index < 60; index++) pictures.view({ position: 7, index }, onChange);
    pictures.leave({ position: 8, index: 0 }, onChange);
    for (let index = 0; index < 60; index++) pictures.view({ position: 7, index }, onChange);
    assert.equal(sent.length, 60);
  });

  test('of a transcript that was replaced are none of the one in its place', () => {
    const { sent, onChange, pictures } = setUp();
    pictures.view(place, onChange);
    pictures.receive({ ...image, mediaType: 'image/png', data: 'aGk=' });
    pictures.forget();
    assert.equal(pictures.view(place, onChange).state, 'loading');
    assert.equal(sent.length, 2);
  });

  test('that could not be shown are asked for again when they are looked at again', () => {
    const { sent, onChange, pictures } = setUp();
    pictures.view(place, onChange);
    pictures.receive({ ...image, problem: 'The server is not running.' });
    pictures.leave(place, onChange);
    assert.equal(pictures.view(place, onChange).state, 'loading');
    assert.equal(sent.length, 2);
  });

  test('that come after they were let go are not kept', () => {
    const { onChange, states, pictures } = setUp();
    pictures.view(place, onChange);
    pictures.leave(place, onChange);
    pictures.forget();
    pictures.receive({ ...image, mediaType: 'image/png', data: 'aGk=' });
    assert.deepEqual(states, []);
  });
});
