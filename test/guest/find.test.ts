import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { HostMessage } from '../../client/transcript/messages.ts';
import type { TranscriptItem } from '../../server/protocol/transcript.ts';
import type { TranscriptHit } from '../../server/protocol/transcriptMethods.ts';
import { FakeTranscript, message, messages, type FakeRecord } from '../client/transcript/fakeTranscript.ts';
import { GuestBrowser } from '../../scripts/host/guestBrowser.ts';
import type { GuestPage } from '../../scripts/host/guestPage.ts';
import { openAtEnd } from './openGuest.ts';

describe('finding in a transcript, and choosing what is shown', () => {
  let browser: GuestBrowser;

  before(async () => {
    browser = await GuestBrowser.launch();
  });
  after(() => browser[Symbol.asyncDispose]());

  /** A page of these records, of which fifty come at a time. */
  async function open(...records: readonly FakeRecord[]): Promise<GuestPage> {
    const transcript = new FakeTranscript(50);
    transcript.append(...records);
    return openAtEnd(browser, { fetchPage: async (request) => transcript.page(request) });
  }

  /** Types a text, and gives the number under which the page asked for it. */
  async function search(guest: GuestPage, text: string): Promise<number> {
    await guest.page.keyboard.press('Control+f');
    await guest.page.locator('.find-input').waitFor();
    await guest.page.keyboard.type(text);
    await guest.drawn();
    const asked = guest.requests.findLast((request) => request.type === 'find');
    assert.equal(asked?.text, text);
    return asked.request;
  }

  const found = (request: number, hits: readonly TranscriptHit[], fraction = 1): HostMessage => ({
    type: 'found',
    request,
    hits: [...hits],
    fraction,
    restarted: false,
  });
  const hit = (n: number, count = 1): TranscriptHit => ({
    id: `m${n}`,
    position: n * 10,
    part: 'text',
    count,
  });
  const count = (guest: GuestPage) => guest.page.locator('.find-count');
  const current = (guest: GuestPage) =>
    guest.page.evaluate<string>(`String([...(CSS.highlights.get('lockstep-find-current') ?? [])][0] ?? '')`);
  const currentItem = (guest: GuestPage) =>
    guest.page.evaluate<string | undefined>(
      `[...(CSS.highlights.get('lockstep-find-current') ?? [])][0]?.startContainer.parentElement.closest('.item').dataset.id`,
    );

  test('counts what is found everywhere, and goes from one to the next, wherever it stands', async () => {
    await using guest = await open(...messages(0, 3000));
    const request = await search(guest, 'text OF');
    guest.host.post(found(request, [hit(7), hit(1500)], 0.5));
    await count(guest).getByText('2+ found').waitFor();
    guest.host.post(found(request, [hit(2990), hit(2995)]));
    await count(guest).getByText('4 of 4').waitFor();
    await guest.page.keyboard.press('Enter');
    await count(guest).getByText('1 of 4').waitFor();
    await guest.item('m7').waitFor();
    await guest.drawn();
    assert.equal(await current(guest), 'Text of');
    assert.equal(await currentItem(guest), 'm7');
    await guest.page.keyboard.press('Enter');
    await guest.item('m1500').waitFor();
    await count(guest).getByText('2 of 4').waitFor();
    await guest.page.keyboard.press('Shift+Enter');
    await guest.page.keyboard.press('Shift+Enter');
    await count(guest).getByText('4 of 4').waitFor();
    await guest.item('m2995').waitFor();
    assert.deepEqual(guest.problems, []);
  });

  test('unfolds what a match is folded in', async () => {
    const call: TranscriptItem = {
      kind: 'tool_call',
      id: 'call',
      callId: 'c',
      position: 0,
      name: 'Bash',
      input: { command: 'make test' },
      result: { output: `${'line\n'.repeat(100)}the needle\n`, isError: false },
    };
    await using guest = await open(...messages(0, 30), [call], ...messages(31, 30));
    const request = await search(guest, 'needle');
    guest.host.post(found(request, [{ id: 'result', callId: 'c', position: 310, part: 'output', count: 1 }]));
    await guest.item('call').getByText('the needle').waitFor();
    await guest.drawn();
    assert.equal(await current(guest), 'needle');
    const box = await guest.item('call').getByText('the needle').boundingBox();
    assert.ok(box !== null && box.height > 0);
    assert.deepEqual(guest.problems, []);
  });

  test('marks the occurrence that is meant, in its own part of the item', async () => {
    const call: TranscriptItem = {
      kind: 'tool_call',
      id: 'call',
      callId: 'c',
      position: 0,
      name: 'Bash',
      input: { command: 'grep needle' },
      result: { output: 'one needle\ntwo needles', isError: false },
    };
    await using guest = await open(...messages(0, 3), [call]);
    const request = await search(guest, 'needle');
    guest.host.post(
      found(request, [
        { id: 'call', position: 30, part: 'input', count: 1 },
        { id: 'result', callId: 'c', position: 30, part: 'output', count: 2 },
      ]),
    );
    const line = () =>
      guest.page.evaluate<string>(
        `(() => { const [range] = CSS.highlights.get('lockstep-find-current') ?? []; return range?.startContainer.data.slice(0, range.endOffset) ?? ''; })()`,
      );
    await count(guest).getByText('3 of 3').waitFor();
    await guest.drawn();
    assert.match(await line(), /two needle$/);
    await guest.page.keyboard.press('Enter');
    await guest.page.keyboard.press('Enter');
    await guest.drawn();
    assert.match(await line(), /^one needle$/);
    await guest.page.keyboard.press('Shift+Enter');
    await guest.drawn();
    assert.match(await line(), /needle$/);
    assert.doesNotMatch(await line(), /one|two/);
  });

  test('what is cut off is not said to be somewhere else', async () => {
    await using guest = await open(...messages(0, 3), [message('m3', 'the needle')]);
    const request = await search(guest, 'needle');
    guest.host.post(found(request, [{ id: 'm3', position: 30, part: 'text', count: 2 }]));
    await count(guest).getByText('2 of 2').waitFor();
    await guest.drawn();
    assert.equal(await current(guest), '');
    await guest.page.keyboard.press('Enter');
    await guest.drawn();
    assert.equal(await current(guest), 'needle');
  });

  test('Ctrl+F in the bar does not look through the transcript again', async () => {
    await using guest = await open(...messages(0, 3));
    const request = await search(guest, 'text');
    await guest.page.keyboard.press('Control+f');
    await guest.drawn();
    assert.equal(
      guest.requests.findLast(({ type }) => type === 'find'),
      guest.requests.find((each) => each.type === 'find' && each.request === request),
    );
  });

  test('a match in code stays marked when the code gets its colours', async () => {
    await using guest = await open(...messages(0, 3), [message('code', '```ts\nconst needle = 1;\n```')]);
    const request = await search(guest, 'needle = 1');
    guest.host.post(found(request, [{ id: 'code', position: 30, part: 'text', count: 1 }]));
    await guest.item('code').locator('.tok-keyword').waitFor();
    await guest.drawn();
    assert.equal(await current(guest), 'needle = 1');
  });

  test('says that there is nothing, shows how far it is, and closes with Escape', async () => {
    await using guest = await open(...messages(0, 30));
    const request = await search(guest, 'nowhere');
    await count(guest).getByText('Searching…').waitFor();
    guest.host.post(found(request, [], 0.4));
    await guest.page.locator('.find-progress').waitFor();
    guest.host.post(found(request, []));
    await count(guest).getByText('No results').waitFor();
    await guest.page.keyboard.press('Escape');
    await guest.page.locator('.find').waitFor({ state: 'detached' });
    assert.deepEqual(guest.requests.at(-1), { type: 'find', request: request + 1, text: '' });
    assert.equal(await guest.page.evaluate(`document.activeElement.className`), 'scroller');
  });

  test('answers to an earlier text are not for the one that is looked for now', async () => {
    await using guest = await open(...messages(0, 30));
    const first = await search(guest, 'text');
    const second = await search(guest, 'm3');
    guest.host.post(found(first, [hit(1, 5)]));
    guest.host.post(found(second, [hit(3)]));
    await count(guest).getByText('1 of 1').waitFor();
  });

  test('kinds are turned off and on, keep the place of the reader, and are kept', async () => {
    const thought = (n: number): TranscriptItem => ({
      kind: 'thinking',
      id: `t${n}`,
      position: 0,
      text: 'Hm.',
    });
    const records = Array.from({ length: 400 }, (_, n) => [n % 2 === 0 ? message(`m${n}`) : thought(n)]);
    await using guest = await open(...records);
    await guest.scrollTo(300);
    const before = await guest.firstInView();
    await guest.page.getByRole('button', { name: 'Choose what is shown' }).click();
    await guest.page.getByRole('button', { name: 'Thinking', exact: true }).click();
    await guest.page.getByRole('button', { name: 'Thinking', exact: true, pressed: false }).waitFor();
    await guest.page.locator('.item.thinking').first().waitFor({ state: 'detached' });
    const after = await guest.firstInView();
    // Where it was a thought, it is the message after it.
    assert.ok(after.id === before.id || before.id.startsWith('t'), `${before.id} and ${after.id}`);
    assert.ok(Math.abs(after.top - before.top) < 2, `${before.top} and ${after.top}`);
    assert.equal(await guest.page.locator('.shown').count(), 0);
    await guest.hideAndShow();
    await guest.page.getByRole('button', { name: 'Thinking', exact: true, pressed: false }).waitFor();
    await guest.page.locator('.item.message').first().waitFor();
    assert.equal(await guest.page.locator('.item.thinking').count(), 0);
    await guest.page.getByRole('button', { name: 'Thinking', exact: true }).click();
    await guest.page.locator('.item.thinking').first().waitFor();
    assert.deepEqual(guest.problems, []);
  });

  test('kinds that are turned off one after the other stay off, however slow the window is', async () => {
    const transcript = new FakeTranscript(50);
    transcript.append(...messages(0, 30));
    const waiting: (() => void)[] = [];
    let isSlow = false;
    await using guest = await browser.open({
      fetchPage: async (request) => {
        if (isSlow) await new Promise<void>((resolve) => waiting.push(resolve));
        return transcript.page(request);
      },
    });
    await guest.item('m29').waitFor();
    isSlow = true;
    await guest.page.getByRole('button', { name: 'Choose what is shown' }).click();
    await guest.page.getByRole('button', { name: 'Thinking', exact: true }).click();
    await guest.page.getByRole('button', { name: 'Tool calls', exact: true }).click();
    await guest.page.getByRole('progressbar').waitFor();
    isSlow = false;
    for (const resolve of waiting) resolve();
    await guest.page.getByRole('progressbar').waitFor({ state: 'detached' });
    const off = guest.page.locator('.chip[aria-pressed=false]');
    assert.deepEqual(await off.allInnerTexts(), ['Thinking', 'Tool calls']);
    assert.deepEqual(guest.host.kinds?.includes('thinking'), false);
    assert.deepEqual(guest.host.kinds?.includes('tool_call'), false);
  });

  test('a transcript without anything of the kinds that are shown says so', async () => {
    await using guest = await open(...messages(0, 120));
    await guest.page.getByRole('button', { name: 'Choose what is shown' }).click();
    await guest.page.getByRole('button', { name: 'Messages' }).click();
    await guest.page.getByText('Nothing of this kind').waitFor();
    await guest.page.getByRole('button', { name: 'Show everything' }).click();
    await guest.item('m119').waitFor();
  });
});
