import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TranscriptHit } from '../../../server/protocol/transcriptMethods.ts';
import { transcriptsFind } from '../../../server/protocol/transcriptMethods.ts';
import { hostMessage, type HostMessage } from '../../../client/transcript/messages.ts';
import type { TranscriptCalls } from '../../../client/transcript/transcriptCalls.ts';
import type { Kinds } from '../../../client/transcript/transcriptFeed.ts';
import { TranscriptFind } from '../../../client/transcript/transcriptFind.ts';

type Request = Parameters<TranscriptCalls['find']>[0];

const PART = 2;

/** A transcript of texts, whose positions are their numbers; a part has two of them. Answers come when they are let. */
class Searching {
  texts: string[];
  generation = 'a';
  kinds: Kinds;
  readonly asked: Request[] = [];
  readonly told: Extract<HostMessage, { type: 'found' }>[] = [];
  readonly find: TranscriptFind;
  fails = false;
  /** Of the clock, between two looks at it. */
  stepMs = 1000;
  #now = 0;
  #waiting: (() => void)[] = [];

  constructor(...texts: string[]) {
    this.texts = texts;
    this.find = new TranscriptFind({
      findPart: async (request) => {
        this.asked.push(request);
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
        if (this.fails) throw new Error('no server');
        return this.#part(request);
      },
      kinds: () => this.kinds,
      now: () => (this.#now += this.stepMs),
      describeError: (error) => ({ title: 'Failed', message: String(error) }),
      post: (message) => {
        hostMessage.parse(message);
        this.told.push(message);
      },
    });
  }

  /** Lets what was asked be answered, until nothing more is asked. */
  async answerAll(): Promise<void> {
    do {
      this.answer();
      await new Promise(setImmediate);
    } while (this.#waiting.length > 0);
  }

  answer(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  get positions(): number[] {
    return this.told.flatMap(({ hits }) => hits.map(({ position }) => position));
  }

  #part({ text, from = 0, generation }: Request) {
    const start = generation === undefined || generation === this.generation ? from : 0;
    const end = Math.min(start + PART, this.texts.length);
    const hits = this.texts.slice(start, end).flatMap((each, index): TranscriptHit[] => {
      const count = each.split(text).length - 1;
      const position = start + index;
      return count === 0 ? [] : [{ id: `m${position}`, position, part: 'text', count }];
    });
    return transcriptsFind.result.parse({
      start,
      ...(end < this.texts.length ? { next: end } : {}),
      size: this.texts.length,
      generation: this.generation,
      hits,
    });
  }
}

/** A transcript of these texts, after it was looked through for an x. */
async function searchedForX(...texts: string[]): Promise<Searching> {
  const searching = new Searching(...texts);
  searching.find.find(1, 'x');
  await searching.answerAll();
  return searching;
}

describe('TranscriptFind', () => {
  test('tells the hits of each part as it comes, and how far it is', async () => {
    const searching = await searchedForX('x', 'y', 'xx', 'y');
    assert.deepEqual(
      searching.told.map(({ request, fraction, hits }) => [
        request,
        fraction,
        hits.map(({ count }) => count),
      ]),
      [
        [1, 0.5, [1]],
        [1, 1, [2]],
      ],
    );
  });

  test('a text that stands nowhere is told as looked through', async () => {
    const searching = await searchedForX('y');
    assert.deepEqual(searching.told, [
      { type: 'found', request: 1, hits: [], fraction: 1, restarted: false },
    ]);
  });

  test('an empty transcript is looked through at once', async () => {
    const searching = await searchedForX();
    assert.deepEqual(
      searching.told.map(({ fraction }) => fraction),
      [1],
    );
  });

  test('a new text ends the one before: nothing of it is told or asked any more', async () => {
    const searching = new Searching('x', 'y', 'y', 'y', 'y', 'x');
    searching.find.find(1, 'x');
    searching.find.find(2, 'y');
    await searching.answerAll();
    assert.deepEqual([...new Set(searching.told.map(({ request }) => request))], [2]);
    assert.deepEqual(searching.asked.filter(({ text }) => text === 'x').length, 1);
    assert.deepEqual(searching.positions, [1, 2, 3, 4]);
  });

  test('an empty text, and a guest that leaves, end it', async () => {
    for (const end of [(find: TranscriptFind) => find.find(2, ''), (find: TranscriptFind) => find.stop()]) {
      const searching = new Searching('x', 'x', 'x', 'x');
      searching.find.find(1, 'x');
      end(searching.find);
      await searching.answerAll();
      searching.find.changed();
      await searching.answerAll();
      assert.equal(searching.asked.length, 1);
      assert.deepEqual(searching.told, []);
    }
  });

  test('goes on where it ended when the transcript grows', async () => {
    const searching = await searchedForX('x', 'y', 'y');
    searching.texts.push('y', 'x', 'x');
    searching.find.changed();
    await searching.answerAll();
    assert.deepEqual(
      searching.asked.map(({ from }) => from),
      [0, 2, 3, 5],
    );
    assert.deepEqual(searching.positions, [0, 4, 5]);
    assert.equal(searching.told.at(-1)?.fraction, 1);
  });

  test('growth without hits is not told', async () => {
    const searching = await searchedForX('x');
    const told = searching.told.length;
    searching.texts.push('y');
    searching.find.changed();
    await searching.answerAll();
    assert.equal(searching.told.length, told);
  });

  test('growth while it looks is looked at in the end, once for all changes', async () => {
    const searching = new Searching('x');
    searching.find.find(1, 'x');
    searching.find.changed();
    searching.find.changed();
    await searching.answerAll();
    assert.deepEqual(
      searching.asked.map(({ from }) => from),
      [0, 1],
    );
  });

  test('a transcript that was replaced has its earlier hits forgotten', async () => {
    const searching = await searchedForX('x', 'x');
    searching.texts = ['y', 'y', 'x'];
    searching.generation = 'b';
    searching.find.changed();
    await searching.answerAll();
    const [, first, second] = searching.told;
    assert.deepEqual([first?.restarted, second?.restarted], [true, false]);
    assert.deepEqual(
      second?.hits.map(({ position }) => position),
      [2],
    );
  });

  test('looks through what the reader sees alone', async () => {
    const searching = new Searching('x');
    searching.kinds = ['message'];
    searching.find.find(1, 'x');
    await searching.answerAll();
    assert.deepEqual(searching.asked[0]?.kinds, ['message']);
  });

  test('a failure is told in words, and rests until it is asked anew', async () => {
    const searching = new Searching('x', 'y', 'x');
    searching.find.find(1, 'x');
    searching.answer();
    await new Promise(setImmediate);
    searching.fails = true;
    await searching.answerAll();
    const last = searching.told.at(-1);
    assert.deepEqual(last?.failure, { title: 'Failed', message: 'Error: no server' });
    assert.equal(last?.fraction, 2 / 3);
    const asked = searching.asked.length;
    searching.find.changed();
    await searching.answerAll();
    assert.equal(searching.asked.length, asked);
    searching.fails = false;
    searching.find.find(2, 'x');
    await searching.answerAll();
    assert.equal(searching.told.at(-1)?.fraction, 1);
  });

  test('parts that come fast are told together, the first at once and the last as it comes', async () => {
    const searching = new Searching('x', 'x', 'x', 'x', 'x', 'x', 'x', 'x');
    searching.stepMs = 1;
    searching.find.find(1, 'x');
    await searching.answerAll();
    assert.deepEqual(
      searching.told.map(({ hits }) => hits.length),
      [2, 6],
    );
    assert.deepEqual(searching.positions, [0, 1, 2, 3, 4, 5, 6, 7]);
  });
});
