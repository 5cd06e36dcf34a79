import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { GuestBrowser } from '../../scripts/host/guestBrowser.ts';
import type { GuestPage } from '../../scripts/host/guestPage.ts';
import { FakeTranscript, message, messages } from '../client/transcript/fakeTranscript.ts';
import { grow, openGuest } from './openGuest.ts';

describe('where the reader goes', () => {
  let browser: GuestBrowser;

  before(async () => {
    browser = await GuestBrowser.launch();
  });
  after(() => browser[Symbol.asyncDispose]());

  const open = (transcript: FakeTranscript): Promise<GuestPage> =>
    openGuest(browser, { fetchPage: async (request) => transcript.page(request) });

  test('follows the end, whether items come one by one or many at once', async () => {
    const transcript = new FakeTranscript(50);
    transcript.append(...messages(1, 50));
    await using guest = await open(transcript);
    await guest.waitForEnd();
    for (const [first, count] of [
      [51, 1],
      [52, 1],
      [53, 40],
    ] as const) {
      grow(guest, transcript, first, count);
      await guest.item(`m${first + count - 1}`).waitFor();
      await guest.waitForEnd();
    }
    assert.equal(await guest.page.getByRole('button', { name: 'Go to the end' }).count(), 0);
    assert.deepEqual(guest.problems, []);
  });

  test('follows again when the reader scrolls back to the end, also by key', async () => {
    const transcript = new FakeTranscript(50);
    transcript.append(...messages(1, 50));
    await using guest = await open(transcript);
    await guest.waitForEnd();
    await guest.scroller.focus();
    await guest.page.keyboard.press('PageUp');
    const button = guest.page.getByRole('button', { name: 'Go to the end' });
    await button.waitFor();
    await guest.page.keyboard.press('End');
    await button.waitFor({ state: 'detached' });
    grow(guest, transcript, 51, 5);
    await guest.item('m55').waitFor();
    await guest.waitForEnd();
  });

  test('an item that grows while the reader follows is followed', async () => {
    const transcript = new FakeTranscript(50);
    transcript.append(...messages(1, 50));
    await using guest = await open(transcript);
    await guest.waitForEnd();
    transcript.append([message('m50', 'one\n'.repeat(30))]);
    guest.host.changed();
    await guest.item('m50').getByText('one one').waitFor();
    await guest.waitForEnd();
    assert.equal(await guest.item('m50').count(), 1);
  });

  test('however fast the reader scrolls, what is in view when they stop is drawn', async () => {
    const transcript = new FakeTranscript(200);
    const text = '# Head\n\n- one\n- two\n\n```\ncode\n```\n\n'.repeat(8);
    for (let n = 0; n < 1500; n++) transcript.append([message(`m${n}`, `${n} ${text}`)]);
    await using guest = await open(transcript);
    await guest.waitForEnd();
    await guest.page.mouse.move(400, 400);
    for (let turn = 0; turn < 40; turn++) await guest.page.mouse.wheel(0, -5000);
    await guest.page.evaluate(
      `new Promise((done) => {
        let wasDrawn = false;
        const look = () => {
          const isDrawn = [...document.querySelectorAll('.item')].every((item) => item.childElementCount > 0);
          if (isDrawn && wasDrawn) done();
          wasDrawn = isDrawn;
          requestAnimationFrame(look);
        };
        look();
      })`,
    );
    const { id } = await guest.firstInView();
    assert.ok(await guest.item(id).getByText('Head').count());
    assert.deepEqual(guest.problems, []);
  });

  test('Alt and the arrows go from turn to turn', async () => {
    const transcript = new FakeTranscript(200);
    for (let n = 0; n < 100; n++)
      transcript.append([message(`m${n}`, `Text of ${n}`, n % 10 === 0 ? 'user' : 'assistant')]);
    await using guest = await open(transcript);
    await guest.waitForEnd();
    await guest.scroller.focus();
    await guest.scrollTo(3500);
    const first = Number((await guest.firstInView()).id.slice(1));
    const turn = first - (first % 10);
    const isShown = async (n: number) => {
      await guest.drawn();
      assert.ok(Math.abs((await guest.topOf(`m${n}`)) - 24) < 2, `m${n}`);
    };
    for (const before of [0, 10, 20]) {
      await guest.page.keyboard.press('Alt+ArrowUp');
      await isShown(turn - before);
    }
    await guest.page.keyboard.press('Alt+ArrowDown');
    await isShown(turn - 10);
    await guest.scrollTo(
      await guest.page.evaluate<number>(`document.querySelector('.scroller').scrollTop + 100`),
    );
    await guest.page.keyboard.press('Alt+ArrowUp');
    await isShown(turn - 10);
    assert.deepEqual(guest.problems, []);
  });

  test('a place that is shown from outside stands at the top, with what is before it above', async () => {
    const transcript = new FakeTranscript(100);
    transcript.append(...messages(0, 5000));
    await using guest = await open(transcript);
    await guest.waitForEnd();
    guest.host.show(25_000);
    await guest.item('m2500').waitFor();
    await guest.drawn();
    assert.ok(Math.abs((await guest.topOf('m2500')) - 24) < 2);
    await guest.page.mouse.move(400, 400);
    await guest.page.mouse.wheel(0, -3000);
    await guest.item('m2460').waitFor();
    await guest.page.getByRole('button', { name: 'Go to the end' }).click();
    await guest.item('m4999').waitFor();
    await guest.waitForEnd();
    assert.deepEqual(guest.problems, []);
  });

  test('a place at which a transcript is opened is the one that was asked for, though it was read before', async () => {
    const transcript = new FakeTranscript(200);
    transcript.append(...messages(0, 5000));
    await using guest = await browser.open({
      fetchPage: async (request) => transcript.page(request),
      start: { target: 25_000, kinds: undefined },
      prepare: true,
    });
    await guest.item('m2500').waitFor();
    await guest.drawn();
    assert.ok(Math.abs((await guest.topOf('m2500')) - 24) < 2);
    await guest.item('m2500').and(guest.page.locator('.shown')).waitFor();
    await guest.scrollTo(
      await guest.page.evaluate<number>(`document.querySelector('.scroller').scrollTop + 50`),
    );
    await guest.page.locator('.shown').waitFor({ state: 'detached' });
  });

  test('a transcript that grows all the time can be left by a single step up', async () => {
    const transcript = new FakeTranscript(200);
    transcript.append(...messages(0, 100));
    await using guest = await open(transcript);
    await guest.waitForEnd();
    let next = 100;
    const growing = setInterval(() => {
      transcript.append(...messages(next++, 1));
      guest.host.changed();
    }, 10);
    try {
      await guest.scroller.focus();
      await guest.page.keyboard.press('ArrowUp');
      await guest.page.getByRole('button', { name: / new$/ }).waitFor();
    } finally {
      clearInterval(growing);
    }
  });

  test('keys go on being for the list when what had the focus is gone', async () => {
    const transcript = new FakeTranscript(200);
    transcript.append(...messages(0, 2500), [{ kind: 'thinking', id: 'think', position: 0, text: 'Hm.' }]);
    await using guest = await open(transcript);
    await guest.waitForEnd();
    await guest.item('think').getByRole('button').first().focus();
    guest.host.show('start');
    await guest.item('m0').waitFor();
    await guest.drawn();
    assert.equal(await guest.page.evaluate(`document.activeElement.className`), 'scroller');
  });
});
