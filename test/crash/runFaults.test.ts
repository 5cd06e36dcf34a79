import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { run as runSchema } from '../../server/protocol/workflowMethods.ts';
import type { LedgerLine } from './runs/ledger.ts';
import { faultsOf, type RunFacts } from './runs/runFaults.ts';

/** A run of one step, of two iterations, after one kill between them that cut none. */
function facts(change: Partial<RunFacts> = {}, iterations = 2): RunFacts {
  const step = { id: 'a', status: 'done', iterations, maxIterations: 9, needs: [], agent: 'x' };
  return {
    run: runSchema.parse({
      id: 'r',
      name: 'r',
      status: 'completed',
      iterations,
      maxIterations: 9,
      startedAt: '2026-03-12T10:05:44.000Z',
      inputs: {},
      limits: [],
      tokens: 2,
      activeMs: 0,
      steps: [{ ...step, hasGate: false, isGateOpen: false, isAsking: false }],
      questions: [],
      revision: 1,
    }),
    kills: [{ kinds: ['runner'], time: 25_000 }],
    interruptions: [],
    endsWithWindow: false,
    unswept: [],
    ledger: [line(10, 'begin', 1), line(20, 'end', 1), line(30, 'begin', 2), line(40, 'end', 2)],
    counted: [1, 2].map((iteration) => ({ step: 'a', iteration })),
    charged: iterations,
    ...change,
  };
}

/** `second`: of its time. */
function line(second: number, what: string, iteration: number): LedgerLine {
  return { time: second * 1000, what, step: 'a', iteration, pid: 1 };
}

const one = [{ step: 'a', iteration: 1 }];

describe('what is said against a run that was killed', () => {
  it('is nothing where all of its iterations count once', () => {
    assert.deepEqual(faultsOf(facts()), []);
  });

  it('is that an iteration was counted twice, or begun twice', () => {
    const [first, ...others] = facts().ledger;
    assert.ok(first);
    assert.match(faultsOf(facts({ counted: [...one, ...one] })).join(), /1 of a was counted 2 times/);
    assert.match(faultsOf(facts({ ledger: [first, first, ...others] })).join(), /1 of a was begun 2 times/);
  });

  it('is that one was counted that never ended, or ended and was lost without a kill', () => {
    const ledger = facts().ledger.slice(0, 3);
    assert.match(faultsOf(facts({ ledger })).join(), /2 of a was counted, and never ended/);
    assert.match(faultsOf(facts({ counted: one })).join(), /2 of a has ended, and was lost/);
    const kills = [{ kinds: ['runner' as const], time: 41_000 }];
    assert.deepEqual(faultsOf(facts({ counted: one, kills })), []);
  });

  it('is that one that was begun did not end, though nothing was killed', () => {
    const ledger = facts().ledger.slice(0, 3);
    assert.match(
      faultsOf(facts({ ledger, counted: one })).join(),
      /2 of a has not ended, and nothing was killed/,
    );
    const kills = [...facts().kills, { kinds: ['agent' as const], time: 31_000 }];
    assert.deepEqual(
      faultsOf(facts({ ledger, counted: one, kills, run: { ...facts().run, tokens: 1 } })),
      [],
    );
  });

  it('is that it was interrupted by the end of who had started it', () => {
    const kills = [{ kinds: ['extensionHost' as const], time: 25_000 }];
    const interruptions = [{ askedAt: 9000, launchedBy: 10_000, seenAt: 26_000 }];
    const found = faultsOf(facts({ kills, interruptions })).join();
    assert.match(found, /interrupted at 26000, though its runner was not killed/);
    assert.deepEqual(faultsOf(facts({ interruptions })), []);
    assert.deepEqual(faultsOf(facts({ kills, interruptions, endsWithWindow: true })), []);
    const unbegun = [{ askedAt: 41_000, launchedBy: 42_000, seenAt: 60_000 }];
    assert.deepEqual(faultsOf(facts({ interruptions: unbegun })), []);
    const early = [{ askedAt: 9000, launchedBy: 25_500, seenAt: 26_000 }];
    assert.deepEqual(faultsOf(facts({ kills, interruptions: early })), []);
  });

  it('is that a server that has started has not ended what was left of an agent', () => {
    assert.match(faultsOf(facts({ unswept: ['sleep 1000'] })).join(), /left of an agent: sleep 1000/);
  });

  it('is that an agent began while the one before was alive', () => {
    const ledger = [...facts().ledger, line(41, 'overlap', 2)];
    assert.match(faultsOf(facts({ ledger })).join(), /2 of a began while an agent/);
  });

  it('is that more was charged than was begun and cut, or not what the session says', () => {
    assert.match(faultsOf(facts({}, 5)).join(), /3 iterations were cut by 1 kills/);
    assert.match(faultsOf(facts({ charged: 3 })).join(), /charged: 2 of the run, 3 of its session/);
    assert.match(faultsOf(facts({ run: { ...facts().run, iterations: 3 } })).join(), /3 of the run/);
  });

  it('is that it failed, or that its tokens are not those of its iterations', () => {
    assert.match(faultsOf(facts({ run: { ...facts().run, status: 'failed' } })).join(), /is failed/);
    assert.match(faultsOf(facts({ run: { ...facts().run, tokens: 3 } })).join(), /3 tokens for 2/);
  });
});
