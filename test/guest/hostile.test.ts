import assert from 'node:assert/strict';
import { after, before, describe, test, type TestContext } from 'node:test';
import type { TranscriptHeader } from '../../client/transcript/header.ts';
import { webLink } from '../../client/transcript/webLink.ts';
import { transcriptItem, type TranscriptItem } from '../../server/protocol/transcript.ts';
import { FakeTranscript, message } from '../client/transcript/fakeTranscript.ts';
import { GuestBrowser } from '../../scripts/host/guestBrowser.ts';
import { inEveryKind, inHeader } from '../client/transcript/hostile/everyKind.ts';
import { deepNestings, hugeLines, nestings } from '../client/transcript/hostile/giants.ts';
import { highlighterBombs } from '../client/transcript/hostile/highlighterBombs.ts';
import type { HostileText } from '../client/transcript/hostile/hostileText.ts';
import { invisibles } from '../client/transcript/hostile/invisibles.ts';
import { links } from '../client/transcript/hostile/links.ts';
import { markup } from '../client/transcript/hostile/markup.ts';
import { hostilePictures } from '../client/transcript/hostile/pictures.ts';
import { hostileRecords } from '../client/transcript/hostile/records.ts';
import { terminalOutputs } from '../client/transcript/hostile/terminalOutputs.ts';
import { walkScript, type Walk } from '../client/transcript/hostile/walk.ts';

const LAST = 'sentinel';
/** Characters that the host gives of one text. */
const MOST = 20_000;
const TOGETHER = 6;
/** `npm run test:hostile` looks at everything; otherwise each fourth of it stands for the others. */
const EACH = process.env['LOCKSTEP_HOSTILE'] === 'whole' ? 1 : 4;
const chosen = <T>(all: readonly T[]): T[] => all.filter((_, index) => index % EACH === 0);

describe('a transcript that means harm', () => {
  let browser: GuestBrowser;

  before(async () => {
    browser = await GuestBrowser.launch();
  });
  after(() => browser[Symbol.asyncDispose]());

  /** Looks at all of it; nothing may happen but what the reader does. */
  async function walkThrough(
    t: TestContext,
    items: readonly TranscriptItem[],
    headers: readonly TranscriptHeader[] = [],
  ): Promise<Walk> {
    const transcript = new FakeTranscript(300);
    // As the edge would: what the schema refuses never gets here.
    transcript.append(...[...items, message(LAST)].map((item) => [transcriptItem.parse(item)]));
    await using guest = await browser.open({
      header: { title: 'Hostile' },
      start: { target: 'start', kinds: undefined },
      fetchPage: async (request) => transcript.page(request),
      // All of its files exist: so all of them become links.
      answer: (request, { host }) => {
        if (request.type === 'checkPaths')
          host.post({ type: 'paths', found: request.paths.map((path) => ({ path, exists: true })) });
        if (request.type === 'image') host.post({ ...request, ...hostilePictures[request.index] });
      },
      height: 3000,
    });
    await guest.page.locator('.item').first().waitFor();
    for (const header of headers) {
      guest.host.updateHeader(header);
      await guest.drawn();
    }
    const walk = await guest.page.evaluate<Walk>(walkScript(LAST));
    t.diagnostic(`${walk.items} items, ${walk.links} links, longest task ${walk.longestTask} ms`);
    assert.deepEqual(walk.strange, {});
    assert.deepEqual(guest.problems, []);
    await guest.item(LAST).getByText(`Text of ${LAST}`).waitFor();
    for (const request of guest.requests) {
      if (request.type === 'openLink') assert.notEqual(webLink(request.href), undefined, request.href);
      // Nobody clicked a button of the header.
      assert.notEqual(request.type, 'action');
    }
    assert.equal(guest.page.url(), guest.url);
    return walk;
  }

  /** In every place, a few together; as long as the host gives texts to the page. */
  const everywhere = (texts: readonly HostileText[]) =>
    chosen(together(texts)).flatMap(({ name, text }) => inEveryKind(name, text.slice(0, MOST)));
  const headersOf = (texts: readonly HostileText[]) => texts.map(({ text }) => inHeader(text));
  /** Each by itself, where Markdown is read. */
  const spoken = (texts: readonly HostileText[]) =>
    chosen(texts).map(({ name, text }) => message(name, text));

  test('markup, scripts and styles are text in every place', async (t) => {
    await walkThrough(t, [...everywhere(markup), ...spoken(markup)], headersOf(markup));
  });

  test('of links only those to pages and mail are opened, and only by a click', async (t) => {
    const walk = await walkThrough(t, [...everywhere(links), ...spoken(links)]);
    assert.ok(walk.links > 0);
  });

  test('characters that hide or turn others around do neither outside of prose', async (t) => {
    await walkThrough(t, [...everywhere(invisibles), ...spoken(invisibles)], headersOf(invisibles));
  });

  test('what terminals obey is obeyed by nothing here', async (t) => {
    const all = chosen(terminalOutputs).map(({ text }, index): TranscriptItem => {
      return {
        kind: 'tool_call',
        id: `bash ${index}`,
        position: 0,
        name: 'bash',
        result: { output: text, isError: false },
      };
    });
    await walkThrough(t, [...everywhere(terminalOutputs), ...all]);
  });

  test('names, arguments, paths, times and numbers at their limits are shown like any others', async (t) => {
    await walkThrough(t, chosen(hostileRecords));
  });

  test('texts as long and as deep as the host lets them be do not stop the page', async (t) => {
    await walkThrough(t, everywhere(nestings));
  });

  test('neither do texts ten thousand levels deep, nor lines of a megabyte', async (t) => {
    await walkThrough(t, [
      ...spoken(deepNestings),
      ...everywhere(hugeLines.slice(0, 2)),
      ...spoken(hugeLines),
    ]);
  });

  test('code that no grammar can make out stays as it is, and the page goes on', async (t) => {
    await walkThrough(t, spoken(highlighterBombs));
  });

  test('pictures that are none are told of, and nothing in them runs', async (t) => {
    const images = hostilePictures.map((_, index) => ({ position: 0, index }));
    await walkThrough(t, [{ kind: 'message', id: 'pictures', position: 0, role: 'user', text: '', images }]);
  });
});

function together(texts: readonly HostileText[]): HostileText[] {
  return Array.from({ length: Math.ceil(texts.length / TOGETHER) }, (_, index) => {
    const some = texts.slice(index * TOGETHER, (index + 1) * TOGETHER);
    return {
      name: `from ${some[0]?.name ?? ''}`,
      text: some.map(({ text }) => text.slice(0, MOST / TOGETHER)).join('\n\n'),
    };
  });
}
