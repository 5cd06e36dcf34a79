import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import type { FeedUpdate } from '../../../client/transcript/transcriptFeed.ts';
import { grow } from '../../../client/transcript/loadedWindow.ts';
import { TranscriptFeed } from '../../../client/transcript/transcriptFeed.ts';
import type { TranscriptItem } from '../../../server/protocol/transcript.ts';
import type { FakeRecord } from './fakeTranscript.ts';
import { FakeTranscript, message } from './fakeTranscript.ts';

/** Few ids and call ids, so that replacements and results on other pages are common. A call has one result, maybe rewritten. */
const item: fc.Arbitrary<TranscriptItem> = fc.oneof(
  fc.tuple(fc.nat(30), fc.nat(999)).map(([id, text]) => message(`m${id}`, String(text))),
  fc.nat(6).map((call): TranscriptItem => {
    const callId = `call${call}`;
    return { kind: 'tool_call', id: callId, callId, position: 0, name: 'bash', input: {} };
  }),
  fc.tuple(fc.nat(6), fc.nat(99)).map(([call, output]): TranscriptItem => {
    const result = { output: String(output), isError: false };
    return { kind: 'tool_result', id: `result${call}`, callId: `call${call}`, position: 0, result };
  }),
);
const record: fc.Arbitrary<FakeRecord> = fc.array(item, { maxLength: 3 });
const records = fc.array(record, { minLength: 1, maxLength: 9 });

type Step =
  | { readonly kind: 'append' | 'replace'; readonly records: readonly FakeRecord[] }
  | { readonly kind: 'catchUp' | 'loadOlder' | 'retry' }
  | { readonly kind: 'fail'; readonly fails: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: records.map((records): Step => ({ kind: 'append', records })) },
  { weight: 1, arbitrary: records.map((records): Step => ({ kind: 'replace', records })) },
  {
    weight: 8,
    arbitrary: fc.constantFrom<Step>({ kind: 'catchUp' }, { kind: 'loadOlder' }, { kind: 'retry' }),
  },
  { weight: 2, arbitrary: fc.boolean().map((fails): Step => ({ kind: 'fail', fails })) },
);

/** What a guest has after these updates. */
function replay(updates: readonly FeedUpdate[]): readonly TranscriptItem[] {
  let items: readonly TranscriptItem[] = [];
  for (const update of updates) {
    if (update.kind === 'window') items = update.items;
    else if (update.kind === 'grown') items = grow(items, update.side, update.items, update);
  }
  return items;
}

test('whatever happens, in whatever order the answers come, the feed ends with exactly the transcript', async () => {
  const scenario = fc.tuple(
    fc.scheduler(),
    fc.array(step, { maxLength: 40 }),
    fc.integer({ min: 1, max: 5 }),
    records,
  );
  await fc.assert(
    fc.asyncProperty(scenario, async ([scheduler, steps, limit, first]) => {
      const transcript = new FakeTranscript(limit);
      transcript.append(...first);
      const updates: FeedUpdate[] = [];
      let fails = false;
      const feed = new TranscriptFeed(
        async (request) => {
          // The answer is made now or when it is sent: a real server may do either.
          const early = transcript.page(request);
          await scheduler.schedule(Promise.resolve(), 'answer');
          if (fails) throw new Error('failed');
          return request.from === undefined ? early : transcript.page(request);
        },
        (update) => updates.push(update),
        { target: 'end', kinds: undefined },
      );
      const loadOlder = () => feed.load('older', feed.loaded?.start ?? 0);
      const pending: Promise<void>[] = [];
      const sequence = scheduler.scheduleSequence(
        steps.map((step) => async () => {
          if (step.kind === 'append') transcript.append(...step.records);
          else if (step.kind === 'replace') transcript.replace(...step.records);
          else if (step.kind === 'fail') fails = step.fails;
          else pending.push(step.kind === 'loadOlder' ? loadOlder() : feed[step.kind]());
        }),
      );
      await scheduler.waitFor(sequence.task);
      await scheduler.waitFor(Promise.all(pending));

      fails = false;
      await scheduler.waitFor(feed.catchUp());
      for (let pages = transcript.length; pages > 0; pages -= 1) await scheduler.waitFor(loadOlder());

      assert.deepEqual(feed.loaded?.items, transcript.items);
      assert.deepEqual(replay(updates), transcript.items);
      assert.equal(feed.loaded?.atStart, true);
      assert.deepEqual(feed.status, {
        loading: false,
        loadingOlder: false,
        loadingNewer: false,
        newCount: 0,
      });
    }),
    { numRuns: 500 },
  );
});
