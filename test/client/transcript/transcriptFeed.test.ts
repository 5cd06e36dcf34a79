import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FeedUpdate, PageRequest } from '../../../client/transcript/transcriptFeed.ts';
import { TranscriptFeed } from '../../../client/transcript/transcriptFeed.ts';
import type { TranscriptPage } from '../../../server/protocol/transcript.ts';
import { FakeTranscript, messages } from './fakeTranscript.ts';

interface Setup {
  readonly feed: TranscriptFeed;
  readonly requests: PageRequest[];
  readonly updates: FeedUpdate[];
}

function setUp(fetchPage: (request: PageRequest) => Promise<TranscriptPage>): Setup {
  const requests: PageRequest[] = [];
  const updates: FeedUpdate[] = [];
  const feed = new TranscriptFeed(
    (request) => {
      requests.push(request);
      return fetchPage(request);
    },
    (update) => updates.push(update),
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
    assert.deepEqual(requests, [{}]);
    assert.deepEqual(ids(feed), ['m8', 'm9', 'm10']);
    assert.equal(feed.loaded?.atStart, false);
    assert.deepEqual(kinds(updates), ['reset']);
  });

  test('says that it loads, and then no more', async () => {
    const transcript = new FakeTranscript(3);
    const { feed, updates } = setUp(async (request) => transcript.page(request));
    await feed.catchUp();
    assert.deepEqual(
      updates.map((update) => (update.kind === 'status' ? update.status : update.kind)),
      [{ loading: true, loadingOlder: false }, 'reset', { loading: false, loadingOlder: false }],
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
    assert.deepEqual(kinds(updates), ['reset', 'newer', 'newer', 'newer']);
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
    await Promise.all([feed.loadOlder(60), feed.loadOlder(60)]);
    await feed.loadOlder(60); // what is before 60 is there by now
    assert.equal(requests.length, 2);
    await feed.loadOlder(20);
    assert.deepEqual(feed.loaded?.items, transcript.items);
    assert.equal(feed.loaded?.atStart, true);
    await feed.loadOlder(0);
    assert.equal(requests.length, 3);
  });

  test('passes over older pages that show nothing', async () => {
    const transcript = new FakeTranscript(2);
    transcript.append(...messages(1, 1), [], [], [], [], ...messages(2, 2));
    const { feed, requests } = setUp(async (request) => transcript.page(request));
    await feed.catchUp();
    await feed.loadOlder(50);
    assert.deepEqual(ids(feed), ['m1', 'm2', 'm3']);
    assert.equal(requests.length, 4);
  });

  test('starts over when the transcript was replaced, whichever way it finds out', async () => {
    for (const ask of [
      (feed: TranscriptFeed) => feed.catchUp(),
      (feed: TranscriptFeed) => feed.loadOlder(20),
    ]) {
      const transcript = new FakeTranscript(3);
      transcript.append(...messages(1, 5));
      const { feed, updates } = setUp(async (request) => transcript.page(request));
      await feed.catchUp();
      transcript.replace(...messages(100, 2));
      await ask(feed);
      assert.deepEqual(ids(feed), ['m100', 'm101']);
      assert.equal(feed.loaded?.atStart, true);
      assert.deepEqual(kinds(updates), ['reset', 'reset']);
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
    await feed.loadOlder(30);
    assert.match(String(feed.status.olderFailure), /no server/);
    assert.equal('failure' in feed.status, false);
    transcript.append(...messages(7, 1));
    await feed.catchUp();
    assert.match(String(feed.status.failure), /no server/);
    assert.deepEqual(ids(feed), ['m4', 'm5', 'm6']);
    broken = false;
    await feed.retry();
    assert.deepEqual(feed.status, { loading: false, loadingOlder: false });
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
    await feed.loadOlder(30);
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
});
