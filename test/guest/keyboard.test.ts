import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fill } from '../../client/transcript/strings.ts';
import { FakeTranscript, message, messages, type FakeRecord } from '../client/transcript/fakeTranscript.ts';
import { GuestBrowser } from '../../scripts/host/guestBrowser.ts';
import type { GuestPage } from '../../scripts/host/guestPage.ts';
import { sampleHeader, sampleRecords } from '../client/transcript/sampleTranscript.ts';
import { openAtEnd } from './openGuest.ts';

/** What has the keyboard's focus, and whether the reader sees it. */
interface Focused {
  readonly name: string;
  readonly isSeen: boolean;
}

describe('a transcript by keyboard', () => {
  let browser: GuestBrowser;

  before(async () => {
    browser = await GuestBrowser.launch();
  });
  after(() => browser[Symbol.asyncDispose]());

  async function open(...records: readonly FakeRecord[]): Promise<GuestPage> {
    const transcript = new FakeTranscript(300);
    transcript.append(...records);
    return openAtEnd(browser, {
      header: {
        ...sampleHeader,
        actions: [{ command: 'lockstep.session.pause', title: 'Pause', icon: 'debug-pause' }],
      },
      fetchPage: async (request) => transcript.page(request),
      answer: (request, { host }) => {
        if (request.type === 'checkPaths')
          host.post({ type: 'paths', found: request.paths.map((path) => ({ path, exists: true })) });
      },
    });
  }

  const focused = (guest: GuestPage) =>
    guest.page.evaluate<Focused>(`(() => {
      const element = document.activeElement;
      const place = element.getBoundingClientRect();
      const view = (element.closest('.scroller') ?? document.body).getBoundingClientRect();
      const isSeen = place.width > 0 && place.bottom > view.top && place.top < view.bottom
        && place.left >= view.left && place.right <= view.right
        && getComputedStyle(element).opacity === '1' && element.matches(':focus-visible')
        && getComputedStyle(element).outlineStyle !== 'none';
      const name = element === document.body ? 'page' : element.classList[0] + ' ' + (element.ariaLabel ?? element.innerText ?? '').trim().split('\\n')[0];
      return { name, isSeen };
    })()`);
  const top = (guest: GuestPage) =>
    guest.page.evaluate<number>(`document.querySelector('.scroller').scrollTop`);
  const listHasFocus = (guest: GuestPage) =>
    guest.page.evaluate<boolean>(`document.activeElement === document.querySelector('.scroller')`);

  /** Everything that Tab leads to, beginning after the list, or before it. */
  async function walk(guest: GuestPage, key: 'Tab' | 'Shift+Tab'): Promise<Focused[]> {
    const stops: Focused[] = [];
    await guest.scroller.focus();
    for (let count = 0; count < 100; count++) {
      await guest.page.keyboard.press(key);
      await guest.drawn();
      const stop = await focused(guest);
      if (stop.name.startsWith('page') || stop.name.startsWith('scroller')) break;
      stops.push(stop);
    }
    return stops;
  }

  test('Tab leads through everything that can be clicked, and the reader sees where they are', async () => {
    await using guest = await open(...sampleRecords(), ...messages(1, 10), [
      message('last', 'Look at `src/a.ts` and [the page](https://example.org/).\n\n```ts\nlet a;\n```'),
    ]);
    await guest.item('last').locator('.path').waitFor();
    const before = await walk(guest, 'Shift+Tab');
    assert.deepEqual(
      before.map(({ name }) => name),
      [fill(browser.strings.find, 'Ctrl+F'), browser.strings.filter, 'Pause'].map(
        (name) => `tool-button ${name}`,
      ),
    );
    await guest.scrollTo(0);
    const stops = await walk(guest, 'Tab');
    const names = stops.map(({ name }) => name);
    for (const name of ['fold-button bash', 'fold-button Thinking', 'action Copy', 'path src/a.ts'])
      assert.ok(
        names.some((stop) => stop.startsWith(name)),
        `${name} of ${names.join()}`,
      );
    assert.ok(names.some((name) => name.endsWith('the page')));
    assert.deepEqual(
      [...before, ...stops].filter(({ isSeen }) => !isSeen),
      [],
    );
    assert.deepEqual(guest.problems, []);
  });

  test('the keys that scroll do so, Home and End to the very ends', async () => {
    await using guest = await open(...messages(1, 150));
    // By what is read, not by how far the list is scrolled: items above the view may turn out to be lower or higher.
    const place = async () => {
      const { id, top } = await guest.firstInView();
      return Number(id.slice(1)) * 10_000 - top;
    };
    const press = async (key: string) => {
      const from = await place();
      // Its own `scrollend` says little: the list that puts items right ends a scroll for the browser, which goes on.
      await guest.page.evaluate(`globalThis.rested = new Promise((done) => {
        const scroller = document.querySelector('.scroller');
        scroller.addEventListener('scroll', () => {
          let [top, frames] = [scroller.scrollTop, 0];
          const look = () => {
            frames = scroller.scrollTop === top ? frames + 1 : 0;
            top = scroller.scrollTop;
            if (frames === 8) done();
            else requestAnimationFrame(look);
          };
          look();
        }, { once: true });
      }); undefined`);
      await guest.page.keyboard.press(key);
      await guest.page.evaluate('rested.then(() => {})');
      return Math.sign((await place()) - from);
    };
    assert.equal(await press('PageUp'), -1);
    assert.equal(await press('ArrowUp'), -1);
    assert.equal(await press('ArrowDown'), 1);
    assert.equal(await press('PageDown'), 1);
    assert.equal(await press('Home'), -1);
    assert.equal(await top(guest), 0);
    assert.equal(await press('End'), 1);
    await guest.waitForEnd();
    assert.ok(await listHasFocus(guest));
  });

  test('what has the focus stays in the page while the list scrolls away from it', async () => {
    await using guest = await open(...sampleRecords(), ...messages(1, 55));
    await guest.scrollTo(0);
    const fold = guest.item('bash1').getByRole('button').first();
    await fold.focus();
    await guest.scrollTo(3000);
    await guest.drawn();
    assert.match((await focused(guest)).name, /^fold-button bash/);
    await guest.page.keyboard.press('Enter');
    await guest.item('bash1').locator('pre').first().waitFor({ state: 'attached' });
    assert.equal(await fold.getAttribute('aria-expanded'), 'true');
  });

  test('finding and going to the end give the focus back to the list', async () => {
    await using guest = await open(...messages(1, 100));
    await guest.page.keyboard.press('Control+f');
    await guest.page.keyboard.type('m5');
    await guest.drawn();
    assert.match((await focused(guest)).name, /^find-input/);
    for (const key of ['Enter', 'Shift+Enter', 'F3', 'Shift+F3']) {
      await guest.page.keyboard.press(key);
      assert.match((await focused(guest)).name, /^find-input/, key);
    }
    await guest.page.keyboard.press('Escape');
    assert.equal(await guest.page.locator('.find').count(), 0);
    assert.ok(await listHasFocus(guest));
    await guest.page.keyboard.press('Home');
    await guest.page.locator('.to-end').focus();
    await guest.page.keyboard.press('Enter');
    await guest.waitForEnd();
    await guest.page.locator('.to-end').waitFor({ state: 'detached' });
    assert.ok(await listHasFocus(guest));
  });
});
