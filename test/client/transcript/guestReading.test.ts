import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from '../../../scripts/host/browser.ts';
import type { TranscriptStrings } from '../../../client/transcript/strings.ts';
import { englishStrings } from './englishStrings.ts';
import { FakeTranscript, message, messages } from './fakeTranscript.ts';
import { buildGuest, GuestPage } from './guestPage.ts';

describe('the place of the reader', () => {
  let browser: Browser;
  let files: ReadonlyMap<string, Buffer>;
  let strings: TranscriptStrings;

  before(async () => {
    [browser, files, strings] = await Promise.all([launchBrowser(), buildGuest(), englishStrings()]);
  });
  after(() => browser.close());

  async function open(transcript: FakeTranscript): Promise<GuestPage> {
    const guest = await GuestPage.open(browser, {
      files,
      strings,
      fetchPage: async (request) => transcript.page(request),
    });
    await guest.page.locator('.item').first().waitFor();
    return guest;
  }

  function grow(guest: GuestPage, transcript: FakeTranscript, first: number, count: number): void {
    transcript.append(...messages(first, count));
    guest.host.changed();
  }

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

  test('stays where the reader scrolled to, counts what is new, and goes back on a click', async () => {
    const transcript = new FakeTranscript(50);
    transcript.append(...messages(1, 50));
    await using guest = await open(transcript);
    await guest.waitForEnd();
    await guest.scrollTo(1000);
    await guest.page.getByRole('button', { name: 'Go to the end' }).waitFor();
    const seen = await guest.topOf('m30');
    grow(guest, transcript, 51, 1);
    await guest.page.getByRole('button', { name: '1 new' }).waitFor();
    grow(guest, transcript, 52, 2);
    const button = guest.page.getByRole('button', { name: '3 new' });
    await button.waitFor();
    assert.equal(await guest.topOf('m30'), seen);
    assert.equal(await guest.page.locator('[aria-live=polite]').textContent(), '3 new');

    await button.click();
    await guest.waitForEnd();
    await button.waitFor({ state: 'detached' });
    grow(guest, transcript, 54, 3);
    await guest.item('m56').waitFor();
    await guest.waitForEnd();
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
    assert.equal(await guest.page.locator('.item').count(), 50);
  });

  test('older pages come as the reader nears the start, and nothing moves', async () => {
    const transcript = new FakeTranscript(20);
    transcript.append(...messages(1, 70));
    await using guest = await open(transcript);
    await guest.waitForEnd();
    await guest.scrollTo(0);
    const seen = await guest.topOf('m51');
    await guest.item('m31').waitFor({ state: 'attached' });
    assert.equal(await guest.topOf('m51'), seen);

    await guest.scrollTo(0);
    await guest.item('m11').waitFor({ state: 'attached' });
    await guest.scrollTo(0);
    await guest.item('m1').waitFor({ state: 'attached' });
    assert.equal(await guest.page.getByRole('button', { name: 'Load older' }).count(), 0);
    assert.equal(await guest.page.locator('.item').count(), 70);
    const befores = guest.sent.filter((sent) => JSON.stringify(sent).includes('loadOlder'));
    assert.deepEqual(befores, [
      { type: 'loadOlder', before: 500 },
      { type: 'loadOlder', before: 300 },
      { type: 'loadOlder', before: 100 },
    ]);
    assert.deepEqual(guest.problems, []);
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
    await guest.scrollTo(0);
    await guest.item('think').waitFor({ state: 'attached' });
    await guest.item('think').getByRole('button').click();
    await guest.scrollTo(700);
    const top = await guest.topOf('m21');

    transcript.append(...messages(60, 5)); // while nobody looks
    await guest.hideAndShow();
    await guest.item('m64').waitFor({ state: 'attached' });
    assert.ok(Math.abs((await guest.topOf('m21')) - top) < 1);
    assert.equal(await guest.item('think').getByRole('button').getAttribute('aria-expanded'), 'true');
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
});
