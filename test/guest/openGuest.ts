import type { GuestBrowser } from '../../scripts/host/guestBrowser.ts';
import type { GuestPage } from '../../scripts/host/guestPage.ts';
import { messages, type FakeTranscript } from '../client/transcript/fakeTranscript.ts';

type Options = Parameters<GuestBrowser['open']>[0];

/** A page of the guest that has drawn something. */
export async function openGuest(browser: GuestBrowser, options: Options): Promise<GuestPage> {
  const guest = await browser.open(options);
  await guest.page.locator('.item').first().waitFor();
  return guest;
}

/** The same, as a reader has it who has just opened it: its end is drawn, and its list has the focus. */
export async function openAtEnd(browser: GuestBrowser, options: Options): Promise<GuestPage> {
  const guest = await openGuest(browser, options);
  await guest.waitForEnd();
  await guest.scroller.focus();
  return guest;
}

/** Appends `count` messages, named from `first` on, and tells the guest. */
export function grow(guest: GuestPage, transcript: FakeTranscript, first: number, count: number): void {
  transcript.append(...messages(first, count));
  guest.host.changed();
}
