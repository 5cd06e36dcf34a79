import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Folds } from '../../../../client/transcript/guest/folds.ts';
import type { TranscriptModel } from '../../../../client/transcript/guest/transcriptModel.ts';
import { applyMessage, isLive, openTurnIndex } from '../../../../client/transcript/guest/transcriptModel.ts';
import type { HostMessage } from '../../../../client/transcript/messages.ts';
import { englishStrings } from '../englishStrings.ts';
import { message } from '../fakeTranscript.ts';

const status = { loading: false, loadingOlder: false };
const strings = await englishStrings();

function afterAll(...received: readonly HostMessage[]): TranscriptModel | undefined {
  return received.reduce<TranscriptModel | undefined>(applyMessage, undefined);
}

const init: HostMessage = {
  type: 'init',
  ref: 'r',
  locale: 'en',
  strings,
  header: { title: 'T' },
  status,
};

test('what comes before the first init is for a page that is gone', () => {
  assert.equal(afterAll({ type: 'newer', items: [message('a')] }), undefined);
  const model = afterAll({ type: 'newer', items: [message('a')] }, init);
  assert.deepEqual(model?.items, []);
  assert.equal(model?.isLoaded, false);
});

test('older items come first, newer ones last, and items seen before are replaced', () => {
  const model = afterAll(
    init,
    { type: 'reset', items: [message('c')], start: 30, atStart: false },
    { type: 'newer', items: [message('d'), message('c', 'changed')] },
    { type: 'older', items: [message('a'), message('b')], start: 10, atStart: true },
  );
  assert.deepEqual(model?.items, [message('a'), message('b'), message('c', 'changed'), message('d')]);
  assert.equal(model?.start, 10);
  assert.equal(model?.atStart, true);
});

test('a reset, and another init, forget everything before', () => {
  const full: HostMessage = { ...init, loaded: { items: [message('x')], start: 0, atStart: true } };
  const model = afterAll(full, { type: 'reset', items: [message('y')], start: 5, atStart: false });
  assert.deepEqual(model?.items, [message('y')]);
  assert.deepEqual(applyMessage(model, full)?.items, [message('x')]);
});

test('a session is live while it is active or an agent is proved to run', () => {
  assert.equal(isLive({ title: '', status: 'active' }), true);
  assert.equal(isLive({ title: '', status: 'paused' }), false);
  assert.equal(isLive({ title: '', activity: { state: 'running', evidence: 'pid 1' } }), true);
  assert.equal(isLive({ title: '', activity: { state: 'open', evidence: '' } }), false);
});

test('the open turn begins after the last message, iteration or event of the session', () => {
  const call = (id: string) => ({ kind: 'tool_call', id, position: 0, name: 'x' }) as const;
  assert.equal(openTurnIndex([call('a'), message('b'), call('c'), call('d')]), 2);
  assert.equal(openTurnIndex([call('a')]), 0);
  assert.equal(openTurnIndex([call('a'), message('b')]), 2);
});

test('folds open and close by part, and survive being kept', () => {
  const folds = Folds.from([]).toggle('a', 'input').toggle('a', 'output').toggle('b', 'x').toggle('b', 'x');
  assert.deepEqual([...folds.openParts('a')], ['input', 'output']);
  assert.deepEqual([...Folds.from(folds.toState()).openParts('a')], ['input', 'output']);
  assert.deepEqual(folds.toState(), [{ id: 'a', parts: ['input', 'output'] }]);
  assert.equal(
    folds.openParts('a'),
    folds.toggle('b', 'x').openParts('a'),
    'what did not change is the same object',
  );
});
