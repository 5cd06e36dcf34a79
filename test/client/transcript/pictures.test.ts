import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hostMessage, type HostMessage } from '../../../client/transcript/messages.ts';
import { Pictures } from '../../../client/transcript/pictures.ts';

class Fetching {
  readonly asked: number[] = [];
  readonly told: Extract<HostMessage, { type: 'image' }>[] = [];
  readonly pictures: Pictures;
  mostAtOnce = 0;
  #waiting: (() => void)[] = [];

  constructor() {
    this.pictures = new Pictures({
      fetchImage: async ({ position }) => {
        this.asked.push(position);
        await new Promise<void>((resolve) => {
          this.mostAtOnce = Math.max(this.mostAtOnce, this.#waiting.push(resolve));
        });
        if (position === 13) throw new Error('not a picture');
        return { mediaType: 'image/png', data: `of ${position}` };
      },
      describeError: (error) => ({
        title: 'Failed',
        message: error instanceof Error ? error.message : 'unknown',
      }),
      post: (message) => {
        hostMessage.parse(message);
        this.told.push(message);
      },
    });
  }

  async answer(): Promise<void> {
    for (const resolve of this.#waiting.splice(0)) resolve();
    await new Promise(setImmediate);
  }
}

describe('Pictures', () => {
  test('come four at a time, in the order in which they are asked for', async () => {
    const fetching = new Fetching();
    for (let position = 0; position < 10; position++) fetching.pictures.ask({ position, index: 0 });
    assert.equal(fetching.asked.length, 4);
    for (let round = 0; round < 3; round++) await fetching.answer();
    assert.deepEqual(fetching.asked, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(
      fetching.told.map(({ position }) => position),
      fetching.asked,
    );
    assert.equal(fetching.mostAtOnce, 4);
    assert.deepEqual(fetching.told[0], {
      type: 'image',
      position: 0,
      index: 0,
      mediaType: 'image/png',
      data: 'of 0',
    });
  });

  test('that are asked for twice come once; asked for again later, again', async () => {
    const fetching = new Fetching();
    fetching.pictures.ask({ position: 1, index: 0 });
    fetching.pictures.ask({ position: 1, index: 0 });
    await fetching.answer();
    assert.equal(fetching.told.length, 1);
    fetching.pictures.ask({ position: 1, index: 0 });
    await fetching.answer();
    assert.equal(fetching.told.length, 2);
  });

  test('that cannot be read are told with the problem, and hold up no others', async () => {
    const fetching = new Fetching();
    for (const position of [13, 13, 1, 2, 3, 4]) fetching.pictures.ask({ position, index: 0 });
    await fetching.answer();
    await fetching.answer();
    assert.deepEqual(fetching.told[0], { type: 'image', position: 13, index: 0, problem: 'not a picture' });
    assert.equal(fetching.told.length, 5);
  });

  test('that nobody waits for any more are not fetched', async () => {
    const fetching = new Fetching();
    for (let position = 0; position < 10; position++) fetching.pictures.ask({ position, index: 0 });
    fetching.pictures.stop();
    await fetching.answer();
    assert.equal(fetching.asked.length, 4);
  });
});
