import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { itemFromEvent } from '../../../server/domain/transcriptItem.ts';

const wordsOf = (data: Record<string, unknown>) => {
  const item = itemFromEvent({ seq: 1, timestamp: '2026-11-26T10:00:00.000Z', type: 'iteration', data }, 1);
  return item.kind === 'iteration' ? item.text : undefined;
};

describe('the beginning of an iteration in a transcript', () => {
  it('says what a step of a run was asked, and whose turn it is in a run', () => {
    assert.equal(wordsOf({ prompt: 'Make it green' }), 'Make it green');
    assert.equal(wordsOf({ step: 'fix', iteration: 2 }), 'fix');
  });

  it('shows data of any other form as it is', () => {
    assert.equal(wordsOf({ prompt: 'a', temperature: 1 }), '{"prompt":"a","temperature":1}');
    assert.equal(wordsOf({ step: 5 }), '{"step":5}');
    assert.equal(wordsOf({}), undefined);
  });
});
