import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inEnglish, shownWarnings } from './inEnglish.ts';

const { readerWindow } = await inEnglish(() => import('../../../client/views/readerWindow.ts'));

describe("the window of a transcript's reader", () => {
  it('says that the session is gone where an action can do nothing with it any more', async () => {
    const texts = { show: () => Promise.reject(new Error('not asked for')) };
    const window = readerWindow({ texts, rowOf: () => undefined });
    await window.run('lockstep.pauseSession', 'lockstep:1');
    assert.deepEqual(await shownWarnings(), [
      'The session of this transcript is not there any more: nothing was done.',
    ]);
  });
});
