import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { systemClock } from '../../../../server/platform/clock.ts';
import type { AgentResult } from '../../../../server/workflows/agents/agent.ts';
import { fly } from '../../../../server/workflows/run/flight.ts';
import { planned } from './driveRun.ts';

const flight = {
  step: planned('/', 'a'),
  prompt: 'x',
  cwd: tmpdir(),
  marker: '8f6f2bd8-5c9a-4d53-9d6c-0f0a5ad0c0de',
  limits: {},
  value: () => undefined,
  takeOutput: (bytes: number) => Math.min(bytes, 10),
};
const sink = {
  started: () => undefined,
  event: () => undefined,
  permission: () => Promise.resolve(undefined),
};
const landingOf = (result: AgentResult, bytes = 0) =>
  fly(
    flight,
    {
      clock: systemClock,
      agentFor: () =>
        Promise.resolve({
          run: ({ takeOutput }) => {
            takeOutput?.(bytes);
            return Promise.resolve(result);
          },
        }),
      env: {},
    },
    sink,
    new AbortController().signal,
  );

test('an iteration whose agent was lost has used what it used, and says nothing about its step', async () => {
  const lost = {
    outcome: 'lost',
    message: 'The supervisor was killed.',
    output: 'x',
    outputBytes: 3,
  } as const;
  const { outcome, cut, use } = await landingOf(lost);
  assert.deepEqual([outcome, cut, use.bytes], [undefined, 'The supervisor was killed.', 3]);
});

test('an iteration that the output limit of the run has cut says so', async () => {
  const limit = { outcome: 'limit', output: '', outputBytes: 10 } as const;
  const { outcome, cut } = await landingOf(limit, 11);
  assert.deepEqual([outcome, cut], [undefined, 'The output limit of the run is used up.']);
  // A limit of its own is its failure.
  assert.equal((await landingOf(limit, 10)).outcome?.kind, 'failed');
});
