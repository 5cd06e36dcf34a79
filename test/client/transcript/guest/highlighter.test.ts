import assert from 'node:assert/strict';
import { describe, mock, test } from 'node:test';
import type { HighlightWorker } from '../../../../client/transcript/guest/highlight/highlighter.ts';
import { Highlighter } from '../../../../client/transcript/guest/highlight/highlighter.ts';
import type {
  HighlightRequest,
  Token,
  WorkerMessage,
} from '../../../../client/transcript/guest/highlight/workerMessages.ts';

/** Answers when it is told to. */
class FakeWorker implements HighlightWorker {
  readonly requests: HighlightRequest[] = [];
  isTerminated = false;
  #onMessage: (message: WorkerMessage) => void = () => {};

  postMessage(request: HighlightRequest): void {
    this.requests.push(request);
  }

  terminate(): void {
    this.isTerminated = true;
  }

  listen(onMessage: (message: WorkerMessage) => void): void {
    this.#onMessage = onMessage;
  }

  begin(): void {
    this.#onMessage({ type: 'began', id: this.requests.at(-1)?.id ?? -1 });
  }

  answer(tokens: readonly Token[]): void {
    this.#onMessage({ type: 'done', id: this.requests.at(-1)?.id ?? -1, tokens });
  }
}

function setUp() {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
  const workers: FakeWorker[] = [];
  const highlighter = new Highlighter({
    startWorker: async () => {
      const worker = new FakeWorker();
      workers.push(worker);
      return worker;
    },
    startMs: 10_000,
    answerMs: 1000,
    idleMs: 60_000,
  });
  return { workers, highlighter };
}

/** Until the promises that are settled have been noticed. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('colouring code', () => {
  test('calls back with the tokens, and knows them from then on', async () => {
    const { workers, highlighter } = setUp();
    const got: (readonly Token[])[] = [];
    highlighter.want('typescript', 'let x', (tokens) => got.push(tokens));
    await settled();
    workers[0]?.begin();
    workers[0]?.answer([
      ['let', 4],
      [' x', 0],
    ]);
    assert.deepEqual(got, [
      [
        ['let', 4],
        [' x', 0],
      ],
    ]);
    assert.equal(highlighter.known('typescript', 'let x'), got[0]);
  });

  test('what takes too long costs its worker and stays plain, the next gets a new one', async () => {
    const { workers, highlighter } = setUp();
    const got: string[] = [];
    highlighter.want('typescript', 'bomb', () => got.push('bomb'));
    await settled();
    highlighter.want('typescript', 'good', () => got.push('good'));
    workers[0]?.begin();
    mock.timers.tick(1000);
    await settled();
    assert.deepEqual(
      workers.map(({ isTerminated }) => isTerminated),
      [true, false],
    );
    assert.deepEqual(
      workers[1]?.requests.map(({ code }) => code),
      ['good'],
    );
    workers[1]?.answer([['good', 0]]);
    highlighter.want('typescript', 'bomb', () => got.push('bomb'));
    await settled();
    assert.deepEqual(got, ['good']);
    assert.equal(workers[1]?.requests.length, 1);
  });

  test('the time that a grammar takes to load is not the time of the code', async () => {
    const { workers, highlighter } = setUp();
    highlighter.want('cpp', 'x', () => {});
    await settled();
    mock.timers.tick(5000);
    await settled();
    assert.equal(workers[0]?.isTerminated, false);
    mock.timers.tick(5000);
    await settled();
    assert.equal(workers[0]?.isTerminated, true);
  });

  test('tokens that are not the text are not taken', async () => {
    const { workers, highlighter } = setUp();
    highlighter.want('json', '{}', () => assert.fail());
    await settled();
    workers[0]?.answer([['{', 0]]);
    assert.equal(highlighter.known('json', '{}'), undefined);
  });

  test('what is out of view before its turn is left out; the newest comes first', async () => {
    const { workers, highlighter } = setUp();
    highlighter.want('json', '1', () => {});
    await settled();
    const leave = highlighter.want('json', '2', () => assert.fail());
    highlighter.want('json', '3', () => {});
    highlighter.want('json', '4', () => {});
    leave();
    for (const code of ['1', '4', '3']) {
      workers[0]?.answer([[code, 0]]);
      await settled();
    }
    assert.deepEqual(
      workers[0]?.requests.map(({ code }) => code),
      ['1', '4', '3'],
    );
  });

  test('a worker without anything to do is ended', async () => {
    const { workers, highlighter } = setUp();
    highlighter.want('json', '1', () => {});
    await settled();
    workers[0]?.answer([['1', 0]]);
    await settled();
    mock.timers.tick(60_000);
    await settled();
    assert.equal(workers[0]?.isTerminated, true);
  });

  test('long code, and code of long lines, is not sent', async () => {
    const { workers, highlighter } = setUp();
    for (const code of ['x\n'.repeat(15_000), 'x'.repeat(2001), ' \n'])
      highlighter.want('json', code, () => assert.fail());
    await settled();
    assert.equal(workers.length, 0);
  });

  test('when workers fail again and again, no more are started', async () => {
    const { workers, highlighter } = setUp();
    for (let index = 0; index < 40; index++) {
      highlighter.want('json', `${index}`, () => {});
      await settled();
      workers.at(-1)?.begin();
      mock.timers.tick(1000);
      await settled();
    }
    assert.equal(workers.length, 21);
  });
});
