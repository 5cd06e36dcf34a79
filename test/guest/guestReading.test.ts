import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { GuestBrowser } from '../../scripts/host/guestBrowser.ts';
import type { GuestPage } from '../../scripts/host/guestPage.ts';
import { FakeTranscript, message, messages } from '../client/transcript/fakeTranscript.ts';
import { grow, openGuest } from './openGuest.ts';

describe('the place of the reader', () => {
  let browser: GuestBrowser;

  before(async () => {
    browser = await GuestBrowser.launch();
  });
  after(() => browser[Symbol.asyncDispose]());

  const open = (transcript: FakeTranscript): Promise<GuestPage> =>
    openGuest(browser, { fetchPage: async (request) => transcript.page(request) });

  test('stays where the reader scrolled to, counts what is new, and goes back on a click', async () => {
    const transcript = new FakeTranscript(50);
    transcript.append(...messages(1, 50));
    await using guest = await open(transcript);
    await guest.waitForEnd();
    await guest.scrollTo(1000);
    await guest.page.getByRole('button', { name: 'Go to the end' }).waitFor();
    const { id, top } = await guest.firstInView();
    grow(guest, transcript, 51, 1);
    await guest.page.getByRole('button', { name: '1 new' }).waitFor();
    grow(guest, transcript, 52, 2);
    const button = guest.page.getByRole('button', { name: '3 new' });
    await button.waitFor();
    assert.equal(await guest.topOf(id), top);
    await guest.page.locator('.sr-only[aria-live=polite]').getByText('3 new').waitFor();

    await button.click();
    await guest.waitForEnd();
    await button.waitFor({ state: 'detached' });
    grow(guest, transcript, 54, 3);
    await guest.item('m56').waitFor();
    await guest.waitForEnd();
    assert.deepEqual(guest.problems, []);
  });

  test('older pages come as the reader nears the start, and nothing moves', async () => {
    const transcript = new FakeTranscript(20);
    transcript.append(...messages(1, 200));
    await using guest = await open(transcript);
    await guest.waitForEnd();
    const loads = () => guest.sent.filter((sent) => JSON.stringify(sent).includes('"older"'));
    let reached = '';
    while (reached !== 'm1') {
      await guest.scrollTo(300);
      const { id, top } = await guest.firstInView();
      await guest.drawn();
      assert.ok(Math.abs((await guest.topOf(id)) - top) < 1, id);
      if (loads().length >= 9) await guest.scrollTo(0);
      reached = (await guest.firstInView()).id;
    }
    assert.equal(await guest.page.getByRole('button', { name: 'Load older' }).count(), 0);
    assert.deepEqual(
      loads(),
      [1800, 1600, 1400, 1200, 1000, 800, 600, 400, 200].map((from) => ({
        type: 'load',
        side: 'older',
        from,
      })),
    );
    assert.deepEqual(guest.problems, []);
  });

  test('however long the transcript, only what is near the view is in the page', async () => {
    const transcript = new FakeTranscript(1000);
    transcript.append(...messages(1, 5000));
    await using guest = await open(transcript);
    await guest.waitForEnd();
    await guest.scroller.focus();
    await guest.page.keyboard.press('Home');
    await guest.item('m1').waitFor();
    assert.ok((await guest.page.locator('.item').count()) < 40);
    await guest.page.keyboard.press('End');
    await guest.item('m5000').waitFor();
    await guest.waitForEnd();
    assert.ok((await guest.page.locator('.item').count()) < 40);
    assert.deepEqual(guest.problems, []);
  });

  test('items that left the page leave nothing behind in it', async () => {
    const transcript = new FakeTranscript(1000);
    transcript.append(...messages(1, 500));
    await using guest = await open(transcript);
    await guest.waitForEnd();
    for (let top = 0; top < 10_000; top += 1000) await guest.scrollTo(top);
    // Two markers of lit to each element, and those of the list itself.
    const spare: number = await guest.page.evaluate(
      `(({ childNodes, children }) => childNodes.length - 3 * children.length)(document.querySelector('.items'))`,
    );
    assert.ok(spare < 10, `${spare} nodes were left behind`);
  });

  test('an item above the view that changes its height moves nothing', async () => {
    const transcript = new FakeTranscript(100);
    transcript.append(...messages(1, 60));
    await using guest = await open(transcript);
    await guest.waitForEnd();
    await guest.scrollTo(1500);
    const { id, top } = await guest.firstInView();
    const above = `m${Number(id.slice(1)) - 2}`;
    await guest.item(above).waitFor({ state: 'attached' });
    transcript.append([message(above, 'line\n\n'.repeat(30))]);
    guest.host.changed();
    await guest.item(above).getByText('line').first().waitFor({ state: 'attached' });
    await guest.drawn();
    assert.ok(Math.abs((await guest.topOf(id)) - top) < 1);
  });

  test('a view that is higher than a page fills up by itself', async () => {
    const transcript = new FakeTranscript(3);
    transcript.append(...messages(1, 9));
    await using guest = await open(transcript);
    await guest.item('m1').waitFor();
    await guest.waitForEnd();
    assert.equal(await guest.page.locator('.item').count(), 9);
  });

  test('a narrower panel keeps the reader in place', async () => {
    const transcript = new FakeTranscript(50);
    transcript.append(
      ...Array.from({ length: 50 }, (_, index) => [message(`m${index}`, 'some words '.repeat(60))]),
    );
    await using guest = await open(transcript);
    await guest.waitForEnd();
    await guest.page.setViewportSize({ width: 400, height: 700 });
    await guest.drawn();
    await guest.waitForEnd();
    await guest.scrollTo(3000);
    const [first] = await guest.page.evaluate<string[]>(
      `[...document.querySelectorAll('.item')].filter((i) => i.getBoundingClientRect().bottom > document.querySelector('.scroller').getBoundingClientRect().top).map((i) => i.dataset.id)`,
    );
    assert.ok(first);
    const top = await guest.topOf(first);
    await guest.page.setViewportSize({ width: 800, height: 700 });
    await guest.drawn();
    assert.ok(Math.abs((await guest.topOf(first)) - top) < 1);
  });

  test('a transcript that was replaced is read from its end', async () => {
    const transcript = new FakeTranscript(50);
    transcript.append(...messages(1, 50));
    await using guest = await open(transcript);
    await guest.waitForEnd();
    await guest.scrollTo(100);
    transcript.replace(...messages(200, 40));
    guest.host.changed();
    await guest.item('m239').waitFor();
    await guest.waitForEnd();
    assert.equal(await guest.item('m1').count(), 0);
  });

  test('hidden and shown again, the page has all that was loaded, where the reader was, with the same folds open', async () => {
    const transcript = new FakeTranscript(30);
    transcript.append(...messages(1, 20), [{ kind: 'thinking', id: 'think', position: 0, text: 'Hm.' }]);
    transcript.append(...messages(21, 39));
    await using guest = await open(transcript);
    await guest.waitForEnd();
    await guest.scroller.focus();
    await guest.page.keyboard.press('Home');
    await guest.item('m1').waitFor();
    await guest.scrollTo(900);
    await guest.item('think').getByRole('button').first().click();
    const top = await guest.topOf('m21');

    transcript.append(...messages(60, 5)); // while nobody looks
    await guest.hideAndShow();
    await guest.item('m21').waitFor({ state: 'attached' });
    assert.ok(Math.abs((await guest.topOf('m21')) - top) < 1);
    assert.equal(await guest.item('think').getByRole('button').first().getAttribute('aria-expanded'), 'true');
    await guest.page.getByRole('button', { name: '5 new' }).waitFor();
    assert.deepEqual(guest.problems, []);
  });

  test('hidden at the end, it is at the end again', async () => {
    const transcript = new FakeTranscript(30);
    transcript.append(...messages(1, 30));
    await using guest = await open(transcript);
    await guest.waitForEnd();
    transcript.append(...messages(31, 5));
    await guest.hideAndShow();
    await guest.item('m35').waitFor();
    await guest.waitForEnd();
  });

  test('a window that cannot be read is told where the reader is, and what was there stays', async () => {
    const transcript = new FakeTranscript(200);
    transcript.append(...messages(0, 2500));
    let broken = false;
    await using guest = await browser.open({
      fetchPage: async (request) => {
        if (broken) throw new Error('No server');
        return transcript.page(request);
      },
    });
    await guest.item('m2499').waitFor();
    broken = true;
    await guest.scroller.focus();
    await guest.page.keyboard.press('Home');
    const alert = guest.page.getByRole('alert');
    await alert.getByText('No server').waitFor();
    assert.ok(await alert.isVisible());
    assert.ok(await guest.item('m2499').isVisible());
    broken = false;
    await alert.getByRole('button', { name: 'Retry' }).click();
    await guest.item('m0').waitFor();
    await alert.waitFor({ state: 'detached' });
  });
});
