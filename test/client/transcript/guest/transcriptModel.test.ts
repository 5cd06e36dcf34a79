import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Folds } from '../../../../client/transcript/guest/folds.ts';
import type { TranscriptModel } from '../../../../client/transcript/guest/transcriptModel.ts';
import { applyMessage, isLive, openTurnIndex } from '../../../../client/transcript/guest/transcriptModel.ts';
import type { HostMessage } from '../../../../client/transcript/messages.ts';
import { englishStrings } from '../../../../scripts/host/englishStrings.ts';
import { at, message } from '../fakeTranscript.ts';

const status = { loading: false, loadingOlder: false, loadingNewer: false, newCount: 0 };
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

const more: HostMessage = {
  type: 'grown',
  side: 'newer',
  items: [at(4, message('d')), at(5, message('c', 'changed'))],
  start: 30,
  end: 60,
  atStart: false,
  atEnd: true,
};
const window: HostMessage = { ...more, type: 'window', items: [at(3, message('c'))], end: 40, target: 'end' };

test('what comes before the first init is for a page that is gone', () => {
  assert.equal(afterAll(more), undefined);
  const model = afterAll(more, init);
  assert.deepEqual(model?.items, []);
  assert.equal(model?.isLoaded, false);
});

test('older items come first, newer ones last, and items seen before are replaced where they are', () => {
  const items = [at(1, message('a')), at(2, message('b'))];
  const model = afterAll(init, window, more, { ...more, side: 'older', items, start: 10, atStart: true });
  const expected = [message('a'), message('b'), message('c', 'changed'), message('d')];
  assert.deepEqual(
    model?.items,
    expected.map((item, index) => at(index + 1, item)),
  );
  assert.deepEqual([model?.start, model?.end, model?.atStart, model?.atEnd], [10, 60, true, true]);
});

test('what is outside of the window after it grew is forgotten', () => {
  const model = afterAll(init, window, { ...more, start: 40 });
  assert.deepEqual(model?.items, [at(4, message('d'))]);
});

test('another window, and another init, forget everything before', () => {
  const x = at(0, message('x'));
  const loaded = { items: [x], start: 0, end: 10, atStart: true, atEnd: true };
  const full: HostMessage = { ...init, loaded };
  const model = afterAll(full, window);
  assert.deepEqual(model?.items, [at(3, message('c'))]);
  assert.deepEqual(applyMessage(model, full)?.items, [x]);
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
