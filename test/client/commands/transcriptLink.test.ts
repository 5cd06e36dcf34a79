import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transcriptPlace } from '../../../client/commands/transcriptLink.ts';

test('a link names a transcript, and where to look', () => {
  assert.deepEqual(transcriptPlace('/transcript', 'ref=lockstep:1&position=42'), {
    ref: 'lockstep:1',
    position: 42,
  });
  assert.deepEqual(transcriptPlace('/transcript', 'ref=pi:a%20b/c.jsonl'), { ref: 'pi:a b/c.jsonl' });
});

test('any other link names none', () => {
  assert.equal(transcriptPlace('/other', 'ref=lockstep:1'), undefined);
  assert.equal(transcriptPlace('/transcript', ''), undefined);
  assert.equal(transcriptPlace('/transcript', 'ref='), undefined);
  for (const position of ['-1', '1.5', '1e3', 'Infinity', '0x10', ' 1', '', '9'.repeat(16)])
    assert.equal(transcriptPlace('/transcript', `ref=a&position=${position}`), undefined, position);
});
