import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FeedStart, FeedUpdate, PageRequest } from '../../../client/transcript/transcriptFeed.ts';
import { TranscriptFeed } from '../../../client/transcript/transcriptFeed.ts';
import type { TranscriptPage } from '../../../server/protocol/transcript.ts';
import { FakeTranscript, messages } from './fakeTranscript.ts';

const idle = { loading: false, loadingOlder: false, loadingNewer: false, newCount: 0 };

interface Setup {
  readonly feed: TranscriptFeed;
  readonly requests: PageRequest[];
  readonly updates: FeedUpdate[];
}

function setUp(
  fetchPage: (request: PageRequest) => Promise<TranscriptPage>,
  start: FeedStart = { target: 'end', kinds: undefined },
): Setup {
  const requests: PageRequest[] = [];
  const updates: FeedUpdate[] = [];
  const feed = new TranscriptFeed(
    (request) => {
      requests.push(request);
      return fetchPage(request);
    },
    (update) => updates.push(update),
    start,
  );
  return { feed, requests, updates };
}

function kinds(updates: readonly FeedUpdate[]): string[] {
  return updates.map((update) => update.kind).filter((kind) => kind !== 'status');
}

function ids(feed: TranscriptFeed): string[] {
  return (feed.loaded?.items ?? []).map(({ id }) => id);
}

describe('TranscriptFeed', () => {
  test('begins with the end', async () => {
    const transcript = new FakeTranscript(3);
    transcript.append(...messages(1, 10));
    const { feed, requests, updates } = setUp(async (request) => transcript.page(request));
    await feed.catchUp();
    assert.deepEqual(requests, [{ maxText: 20_000, limit: 80 }]);
    assert.deepEqual(ids(feed), ['m8', 'm9', 'm10']);
    assert.equal(feed.loaded?.atStart, false);
    assert.deepEqual(kinds(updates), ['window']);
  });

  test('says that it loads, and then no more', async () => {
    const transcript = new FakeTranscript(3);
    const { feed, updates } = setUp(async (request) => transcript.page(request));
    await feed.catchUp();
    assert.deepEqual(
      updates.map((update) => (update.kind === 'status' ? update.status : update.kind)),
      [{ ...idle, loading: true }, 'window', idle],
    );
  });

  test('goes on where the page before ended, until there is nothing left', async () => {
    const transcript = new FakeTranscript(3);
    transcript.append(...messages(1, 3));
    const { feed, requests, updates } = setUp(async (request) => transcript.page(request));
    await feed.catchUp();
    transcript.append(...messages(4, 7));
    await feed.catchUp();
    assert.deepEqual(
      requests.map(({ from }) => from),
      [undefined, 30, 60, 90],
    );
    assert.deepEqual(feed.loaded?.items, transcript.items);
    assert.deepEqual(kinds(updates), ['window', 'grown', 'grown', 'grown']);
  });

  test('a change during a fetch is read after it, several changes once', async () => {
    const transcript = new FakeTranscript(10);
    const answers: (() => void)[] = [];
    const { feed, requests } = setUp((request) => {
      const page = transcript.page(request); // as it was when asked
      return new Promise((resolve) => answers.push(() => resolve(page)));
    });
    for (let fetches = 0; fetches < 4; fetches += 2) {
      const done = feed.catchUp();
      transcript.append(...messages(fetches, 2));
      const again = [feed.catchUp(), feed.catchUp(), feed.catchUp()];
      answers.shift()?.();
      while (requests.length < fetches + 2) await Promise.resolve();
      answers.shift()?.();
      await Promise.all([done, ...again]);
      assert.equal(requests.length, fetches + 2);
      assert.deepEqual(feed.loaded?.items, transcript.items);
    }
  });

  test('loads older pages up to the start, and asks once for each', async () => {
    const transcript = new FakeTranscript(4);
    transcript.append(...messages(1, 10));
    const { feed, requests } = setUp(async (request) => transcript.page(request));
    await feed.catchUp();
    await Promise.all([feed.load('older', 60), feed.load('older', 60)]);
    await feed.load('older', 60); // what is before 60 is there by now
    assert.equal(requests.length, 2);
    await feed.load('older', 20);
    assert.deepEqual(feed.loaded?.items, transcript.items);
    assert.equal(feed.loaded?.atStart, true);
    await feed.load('older', 0);
    assert.equal(requests.length, 3);
  });

  test('passes over older pages that show nothing', async () => {
    const transcript = new FakeTranscript(2);
    transcript.append(...messages(1, 1), [], [], [], [], ...messages(2, 2));
    const { feed, requests } = setUp(async (request) => transcript.page(request));
    await feed.catchUp();
    await feed.load('older', 50);
    assert.deepEqual(ids(feed), ['m1', 'm2', 'm3']);
    assert.equal(requests.length, 4);
  });

  test('starts over when the transcript was replaced, whichever way it finds out', async () => {
    for (const ask of [
      (feed: TranscriptFeed) => feed.catchUp(),
      (feed: TranscriptFeed) => feed.load('older', 20),
    ]) {
      const transcript = new FakeTranscript(3);
      transcript.append(...messages(1, 5));
      const { feed, updates } = setUp(async (request) => transcript.page(request));
      await feed.catchUp();
      transcript.replace(...messages(100, 2));
      await ask(feed);
      assert.deepEqual(ids(feed), ['m100', 'm101']);
      assert.equal(feed.loaded?.atStart, true);
      assert.deepEqual(kinds(updates), ['window', 'window']);
    }
  });

  test('tells a failure, keeps what it has, and retries when asked to', async () => {
    const transcript = new FakeTranscript(3);
    transcript.append(...messages(1, 6));
    let broken = false;
    const { feed } = setUp(async (request) => {
      if (broken) throw new Error('no server');
      return transcript.page(request);
    });
    await feed.catchUp();
    broken = true;
    await feed.load('older', 30);
    assert.match(String(feed.status.olderFailure), /no server/);
    assert.equal('newerFailure' in feed.status, false);
    transcript.append(...messages(7, 1));
    await feed.catchUp();
    assert.match(String(feed.status.newerFailure), /no server/);
    assert.deepEqual(ids(feed), ['m4', 'm5', 'm6']);
    broken = false;
    await feed.retry();
    assert.deepEqual(feed.status, idle);
    assert.deepEqual(feed.loaded?.items, transcript.items);
  });

  test('a failed older page is not asked for again by news', async () => {
    const transcript = new FakeTranscript(3);
    transcript.append(...messages(1, 6));
    const { feed, requests } = setUp(async (request) => {
      if (request.before !== undefined) throw new Error('damaged');
      return transcript.page(request);
    });
    await feed.catchUp();
    await feed.load('older', 30);
    await feed.catchUp();
    assert.equal(requests.filter(({ before }) => before !== undefined).length, 1);
    assert.match(String(feed.status.olderFailure), /damaged/);
  });

  test('a page that leads nowhere is not asked for again and again', async () => {
    const transcript = new FakeTranscript(3);
    transcript.append(...messages(1, 3));
    const { feed, requests } = setUp(async (request) => ({ ...transcript.page(request), atEnd: false }));
    await feed.catchUp();
    assert.equal(requests.length, 2);
  });

  test('says nothing after it was disposed', async () => {
    const transcript = new FakeTranscript(3);
    const { feed, requests, updates } = setUp(async (request) => transcript.page(request));
    const done = feed.catchUp();
    const told = updates.length;
    feed.dispose();
    await done;
    await feed.catchUp();
    assert.equal(updates.length, told);
    assert.equal(requests.length, 1);
  });

  test('opens at a place with what is on both sides of it, and grows in both directions', async () => {
    const transcript = new FakeTranscript(1000);
    transcript.append(...messages(0, 1000));
    const { feed, updates } = setUp(async (request) => transcript.page(request), {
      target: 5000,
      kinds: undefined,
    });
    await feed.catchUp();
    assert.deepEqual([feed.loaded?.start, feed.loaded?.end], [4200, 5800]);
    assert.equal(updates.find(({ kind }) => kind === 'window')?.kind, 'window');
    await feed.load('newer', 5800);
    await feed.load('older', 4200);
    assert.deepEqual(
      ids(feed),
      transcript.items.slice(340, 660).map(({ id }) => id),
    );
  });

  test('shows the start, and the end again', async () => {
    const transcript = new FakeTranscript(3);
    transcript.append(...messages(0, 10));
    const { feed } = setUp(async (request) => transcript.page(request));
    await feed.catchUp();
    await feed.show('start');
    assert.deepEqual(ids(feed), ['m0', 'm1', 'm2']);
    await feed.show('end');
    assert.deepEqual(ids(feed), ['m7', 'm8', 'm9']);
  });

  test('the last of several places that are asked for is shown', async () => {
    const transcript = new FakeTranscript(3);
    transcript.append(...messages(0, 1000));
    const { feed, updates } = setUp(async (request) => transcript.page(request));
    await feed.catchUp();
    await Promise.all([feed.show('start'), feed.show(5000), feed.show('end')]);
    assert.deepEqual(ids(feed), ['m997', 'm998', 'm999']);
    const last = updates.findLast((update) => update.kind === 'window');
    assert.equal(last?.kind === 'window' && last.target, 'end');
  });

  test('counts what comes while the reader is elsewhere, and no more when they are back', async () => {
    const transcript = new FakeTranscript(3);
    transcript.append(...messages(0, 10));
    const { feed } = setUp(async (request) => transcript.page(request));
    await feed.catchUp();
    feed.reading(70);
    transcript.append(...messages(10, 5));
    await feed.catchUp();
    assert.equal(feed.status.newCount, 5);
    feed.reading(undefined);
    assert.equal(feed.status.newCount, 0);
    transcript.append(...messages(15, 2));
    await feed.catchUp();
    assert.equal(feed.status.newCount, 0);
  });

  test('holds a bounded part around the reader, whichever way they go', async () => {
    const transcript = new FakeTranscript(500);
    transcript.append(...messages(0, 6000));
    const { feed } = setUp(async (request) => transcript.page(request));
    await feed.catchUp();
    while (feed.loaded?.atStart === false) {
      feed.reading(feed.loaded.start);
      await feed.load('older', feed.loaded.start);
      assert.ok(feed.loaded.items.length <= 2000);
    }
    assert.equal(ids(feed)[0], 'm0');
    assert.equal(feed.loaded?.atEnd, false);
    // What comes at the other end is counted, and not held.
    transcript.append(...messages(6000, 700));
    await feed.catchUp();
    assert.equal(feed.status.newCount, 700);
    assert.ok(feed.loaded.items.length <= 2000);
    while (!feed.loaded.atEnd) {
      feed.reading(feed.loaded.end);
      await feed.load('newer', feed.loaded.end);
      assert.ok(feed.loaded.items.length <= 2000);
    }
    assert.equal(ids(feed).at(-1), 'm6699');
    assert.equal(feed.status.newCount, 700);
  });

  test('follows an end that grows for long, and lets go of what is behind', async () => {
    const transcript = new FakeTranscript(400);
    transcript.append(...messages(0, 400));
    const { feed } = setUp(async (request) => transcript.page(request));
    await feed.catchUp();
    for (let first = 400; first < 4000; first += 400) {
      transcript.append(...messages(first, 400));
      await feed.catchUp();
    }
    assert.equal(feed.loaded?.items.length, 2000);
    assert.equal(ids(feed).at(-1), 'm3999');
    assert.equal(feed.loaded?.atStart, false);
  });

  test('reads on where a filter leaves a page empty', async () => {
    const transcript = new FakeTranscript(10);
    const thought = { kind: 'thinking', id: 't', position: 0, text: 'hm' } as const;
    transcript.append(...messages(0, 35), [thought], ...messages(36, 60));
    const { feed } = setUp(async (request) => transcript.page(request));
    await feed.catchUp();
    await feed.filter(['thinking'], 'end');
    assert.deepEqual(ids(feed), ['t']);
    await feed.filter(undefined, 350);
    assert.ok(ids(feed).includes('t') && ids(feed).includes('m34') && ids(feed).includes('m36'));
  });

  test('a filter whose window could not be read changes nothing of what is held, and is asked for again', async () => {
    const transcript = new FakeTranscript(10);
    const thought = (n: number) => [{ kind: 'thinking', id: `t${n}`, position: 0, text: 'hm' } as const];
    transcript.append(...messages(0, 3), thought(3));
    let broken = false;
    const { feed } = setUp(async (request) => {
      if (broken && request.from === undefined) throw new Error('no server');
      return transcript.page(request);
    });
    await feed.catchUp();
    broken = true;
    await feed.filter(['thinking'], 'end');
    assert.match(String(feed.status.failure), /no server/);
    transcript.append(...messages(4, 1), thought(5));
    await feed.catchUp();
    assert.deepEqual(feed.loaded?.items, transcript.items);
    broken = false;
    await feed.retry();
    assert.deepEqual(ids(feed), ['t3', 't5']);
    assert.equal(feed.status.failure, undefined);
  });

  test('says that a window is read in place of another', async () => {
    const transcript = new FakeTranscript(10);
    transcript.append(...messages(0, 30));
    const { feed, updates } = setUp(async (request) => transcript.page(request));
    await feed.catchUp();
    updates.length = 0;
    await feed.show('start');
    assert.deepEqual(
      updates.map((update) => (update.kind === 'status' ? update.status.loading : update.kind)),
      [true, 'window', false],
    );
  });

  test('reads no further for a guest that has left', async () => {
    const transcript = new FakeTranscript(1);
    transcript.append(...messages(0, 50));
    const asked: PageRequest[] = [];
    const { feed } = setUp(async (request) => {
      asked.push(request);
      if (asked.length === 5) feed.rest();
      return transcript.page(request);
    });
    await feed.filter(['thinking'], 'end');
    assert.ok(asked.length < 8, String(asked.length));
  });
});
