import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { GuestMessage, HostMessage } from '../../../client/transcript/messages.ts';
import { hostMessage } from '../../../client/transcript/messages.ts';
import type { FetchPage } from '../../../client/transcript/transcriptFeed.ts';
import { TranscriptHost } from '../../../client/transcript/transcriptHost.ts';
import { englishStrings } from '../../../scripts/host/englishStrings.ts';
import { FakeTranscript, messages } from './fakeTranscript.ts';

const strings = await englishStrings();

/** A host whose guest is this test; `idle` resolves when every fetch has been answered. */
class Conversation {
  readonly transcript = new FakeTranscript(5);
  readonly received: HostMessage[] = [];
  readonly errors: unknown[] = [];
  readonly requests: unknown[] = [];
  readonly host: TranscriptHost;
  fails = false;
  fetches = 0;

  constructor() {
    const fetchPage: FetchPage = async (request) => {
      this.fetches += 1;
      if (this.fails) throw new Error('no server');
      return this.transcript.page(request);
    };
    this.host = new TranscriptHost({
      ref: 'lockstep:1',
      locale: 'en',
      strings,
      header: { title: 'One' },
      fetchPage,
      describeError: (error) => ({ title: 'Failed', message: String(error) }),
      showError: (error) => this.errors.push(error),
      start: { target: 'end', kinds: undefined },
      onRequest: (request) => this.requests.push(request),
      post: (message) => this.received.push(hostMessage.parse(JSON.parse(JSON.stringify(message)))),
    });
  }

  async send(message: GuestMessage): Promise<void> {
    this.host.receive(message);
    await this.idle();
  }

  async idle(): Promise<void> {
    await new Promise(setImmediate);
  }

  get types(): string[] {
    return this.received.map(({ type }) => type);
  }
}

describe('TranscriptHost', () => {
  test('says nothing before the guest is ready, then everything', async () => {
    const conversation = new Conversation();
    conversation.transcript.append(...messages(1, 3));
    conversation.host.changed();
    conversation.host.updateHeader({ title: 'Two' });
    await conversation.idle();
    assert.equal(conversation.received.length, 0);
    assert.equal(conversation.fetches, 0);
    await conversation.send({ type: 'ready' });
    assert.deepEqual(conversation.types, ['init', 'status', 'window', 'status']);
    const [init] = conversation.received;
    assert.equal(init?.type === 'init' && init.header.title, 'Two');
  });

  test('what was read before the guest was ready is told at once', async () => {
    const conversation = new Conversation();
    conversation.transcript.append(...messages(1, 3));
    conversation.host.prepare();
    await conversation.idle();
    assert.equal(conversation.received.length, 0);
    conversation.host.receive({ type: 'ready' });
    const [init] = conversation.received;
    assert.equal(init?.type === 'init' && init.loaded?.items.length, 3);
  });

  test('a place that was asked for while no guest was there is told to the one that comes', async () => {
    const conversation = new Conversation();
    conversation.transcript.append(...messages(0, 500));
    await conversation.send({ type: 'ready' });
    conversation.host.guestLeft();
    conversation.host.show(2000);
    await conversation.idle();
    conversation.received.length = 0;
    await conversation.send({ type: 'ready' });
    const [init] = conversation.received;
    assert.equal(init?.type === 'init' && init.target, 2000);
    conversation.host.guestLeft();
    await conversation.send({ type: 'ready' });
    const again = conversation.received.findLast(({ type }) => type === 'init');
    assert.equal(again?.type === 'init' && again.target, undefined);
  });

  test('a guest that comes back gets what is loaded at once, then what it missed', async () => {
    const conversation = new Conversation();
    conversation.transcript.append(...messages(1, 8));
    await conversation.send({ type: 'ready' });
    await conversation.send({ type: 'load', side: 'older', from: 30 });
    conversation.host.guestLeft();
    conversation.received.length = 0;
    conversation.transcript.append(...messages(9, 1));
    conversation.host.changed();
    await conversation.idle();
    assert.equal(conversation.received.length, 0);
    await conversation.send({ type: 'ready' });
    assert.deepEqual(conversation.types, ['init', 'grown']);
    const [init] = conversation.received;
    assert.equal(init?.type === 'init' && init.loaded?.items.length, 8);
  });

  test('a failure is told in words, and Retry reads again', async () => {
    const conversation = new Conversation();
    conversation.fails = true;
    await conversation.send({ type: 'ready' });
    const last = conversation.received.at(-1);
    assert.deepEqual(last?.type === 'status' && last.status.failure, {
      title: 'Failed',
      message: 'Error: no server',
    });
    conversation.fails = false;
    await conversation.send({ type: 'retry' });
    assert.deepEqual(conversation.types.slice(-2), ['window', 'status']);
  });

  test('a header that is the same is not told again', async () => {
    const conversation = new Conversation();
    await conversation.send({ type: 'ready' });
    conversation.host.updateHeader({ title: 'Two' });
    conversation.host.updateHeader({ title: 'Two' });
    assert.equal(conversation.types.filter((type) => type === 'header').length, 1);
  });

  test('passes on what others answer, reports problems of the guest, and refuses what it does not understand', async () => {
    const conversation = new Conversation();
    await conversation.send({ type: 'copy', text: 'abc' });
    await conversation.send({ type: 'problem', message: 'odd' });
    conversation.host.receive({ type: 'run', command: 'rm' });
    assert.deepEqual(conversation.requests, [{ type: 'copy', text: 'abc' }]);
    const [reported, misunderstood] = conversation.errors.map(String);
    assert.equal(reported, 'Error: odd');
    // Words for a person; what exactly was wrong is their cause.
    assert.match(
      misunderstood ?? '',
      /^Error: The transcript view said something that is not understood\. [^{}[\]]+$/,
    );
  });

  test('says nothing after it was disposed', async () => {
    const conversation = new Conversation();
    conversation.host.receive({ type: 'ready' });
    conversation.host.dispose();
    const told = conversation.received.length;
    await conversation.idle();
    assert.equal(conversation.received.length, told);
  });
});
