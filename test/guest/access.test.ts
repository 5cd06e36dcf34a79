import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import type { FetchPage } from '../../client/transcript/transcriptFeed.ts';
import { FakeTranscript, message, type FakeRecord } from '../client/transcript/fakeTranscript.ts';
import { GuestBrowser } from '../../scripts/host/guestBrowser.ts';
import type { GuestPage, GuestOptions } from '../../scripts/host/guestPage.ts';
import { sampleHeader, sampleRecords } from '../client/transcript/sampleTranscript.ts';

const axe = new URL('../../node_modules/axe-core/axe.min.js', import.meta.url);

/** A finding of axe that keeps somebody from reading: what it is, and of which elements. */
type Finding = readonly [rule: string, ...elements: string[]];

describe('reading without a mouse, with other eyes, or with none', () => {
  let browser: GuestBrowser;
  let axeSource: string;

  before(async () => {
    [browser, axeSource] = await Promise.all([GuestBrowser.launch(), readFile(axe, 'utf8')]);
  });
  after(() => browser[Symbol.asyncDispose]());

  const pagesOf = (records: readonly FakeRecord[]): FetchPage => {
    const transcript = new FakeTranscript(300);
    transcript.append(...records);
    return async (request) => transcript.page(request);
  };

  async function open(options: Partial<GuestOptions> = {}): Promise<GuestPage> {
    return browser.open({
      header: {
        ...sampleHeader,
        actions: [{ command: 'lockstep.session.pause', title: 'Pause', icon: 'debug-pause' }],
      },
      fetchPage: pagesOf(sampleRecords()),
      ...options,
    });
  }

  /** Run by the debugger's protocol, as which it needs neither the page's policy nor a change of it. */
  async function findings(guest: GuestPage): Promise<Finding[]> {
    await guest.drawn();
    await guest.page.evaluate(`if (globalThis.axe === undefined) { ${axeSource} } undefined`);
    return guest.page.evaluate<Finding[]>(
      `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
        violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .map(({ id, nodes }) => [id, ...nodes.slice(0, 8).map(({ html, any }) => html.slice(0, 160) + ' ' + (any[0]?.message ?? '').slice(0, 160))]))`,
    );
  }

  async function unfoldAll(guest: GuestPage): Promise<void> {
    const folded = `[...document.querySelectorAll('.item [aria-expanded=false]')]`;
    for (;;) {
      const count = await guest.page.evaluate<number>(
        `(() => { const all = ${folded}; for (const button of all) button.click(); return all.length; })()`,
      );
      await guest.drawn();
      if (count === 0) return;
    }
  }

  for (const theme of ['dark', 'light', 'highContrast', 'highContrastLight'] as const) {
    test(`nothing in the way of anybody in the theme ${theme}`, async () => {
      const found: Record<string, Finding[]> = {};
      {
        await using guest = await open({ theme, height: 4000 });
        await guest.item('run2').waitFor();
        found['folded'] = await findings(guest);
        await unfoldAll(guest);
        await guest.page.locator('.tok-keyword').first().waitFor();
        found['unfolded'] = await findings(guest);
        await guest.page.keyboard.press('Control+f');
        await guest.page.locator('.find-input').fill('nowhere');
        await guest.page.getByRole('button', { name: browser.strings.filter }).click();
        found['find and filter'] = await findings(guest);
        assert.deepEqual(guest.problems, []);
      }
      {
        await using guest = await open({ theme, fetchPage: pagesOf([]) });
        await guest.page.getByText(browser.strings.empty).waitFor();
        found['empty'] = await findings(guest);
      }
      {
        const answer = Promise.withResolvers<never>();
        await using guest = await open({ theme, fetchPage: () => answer.promise });
        await guest.page.getByText(browser.strings.loading).waitFor();
        found['loading'] = await findings(guest);
        answer.reject(new Error('The file is gone.'));
        await guest.page.getByRole('alert').waitFor();
        found['failed'] = await findings(guest);
      }
      assert.deepEqual(
        Object.entries(found).filter(([, all]) => all.length > 0),
        [],
      );
    });
  }

  test('each item has a name that says what it is', async () => {
    await using guest = await open({ height: 3000 });
    const item = (name: string | RegExp) => guest.page.getByRole('article', { name });
    await item(/^You, .*9:00/)
      .first()
      .waitFor();
    await item(/^bash, Failed, /).waitFor();
    await item(/^bash, Running, /).waitFor();
    assert.equal(await guest.page.getByRole('article').count(), sampleRecords().length);
    assert.equal(await guest.page.getByRole('feed', { name: browser.strings.transcript }).count(), 1);
    assert.equal(await guest.page.title(), sampleHeader.title);
  });

  test('a text from right to left is drawn from the right, its code from the left, its neighbours as ever', async () => {
    const hebrew = 'שלום עולם, זה טקסט.';
    const records: FakeRecord[] = [
      [
        message(
          'rtl',
          `${hebrew}\n\nSecond, in English.\n\n- ${hebrew}\n\n  \`\`\`ts\n  let a = 'שלום';\n  \`\`\``,
        ),
      ],
      [{ kind: 'tool_call', id: 'tool', position: 0, name: 'כלי', input: { command: hebrew } }],
      [{ kind: 'thinking', id: 'thinking', position: 0, text: hebrew }],
    ];
    const header = { title: hebrew, agent: 'סוכן', model: 'דגם', place: '/home/ada/שלום' };
    await using guest = await open({ fetchPage: pagesOf(records), header });
    await guest.item('rtl').locator('pre').waitFor();
    const directions = (selector: string) =>
      guest.page.evaluate<string[]>(
        `[...document.querySelectorAll(${JSON.stringify(selector)})].map((element) => getComputedStyle(element).direction)`,
      );
    assert.deepEqual(await directions('[data-id=rtl] .markdown > p'), ['rtl', 'ltr']);
    assert.deepEqual(await directions('[data-id=rtl] li'), ['rtl']);
    assert.deepEqual(await directions('[data-id=rtl] pre code'), ['ltr']);
    assert.deepEqual(await directions('[data-id=thinking] .fold-summary'), ['rtl']);
    const fromLeft = async (...selectors: readonly string[]) => {
      const places = await guest.page.evaluate<number[]>(
        `${JSON.stringify(selectors)}.map((selector) => document.querySelector(selector).getBoundingClientRect().left)`,
      );
      assert.deepEqual(
        places,
        places.toSorted((a, b) => a - b),
        selectors.join(),
      );
    };
    const tool = '[data-id=tool] .fold-button >';
    await fromLeft(`${tool} .codicon`, `${tool} .tool-name`, `${tool} .fold-summary`, `${tool} .mark`);
    await fromLeft('.fact:nth-of-type(1)', '.fact:nth-of-type(2)', '.fact:nth-of-type(3)');
  });

  test('nothing moves for those who do not want it', async () => {
    const moving = (guest: GuestPage) => guest.page.evaluate<number>('document.getAnimations().length');
    {
      await using guest = await open();
      await guest.item('run2').waitFor();
      assert.notEqual(await moving(guest), 0);
      await guest.page.evaluate(`document.body.classList.add('vscode-reduce-motion')`);
      assert.equal(await moving(guest), 0);
    }
    await using guest = await open({ browserOptions: { reducedMotion: 'reduce' } });
    await guest.item('run2').waitFor();
    assert.equal(await moving(guest), 0);
  });

  const sizes = [
    {
      name: 'at twice the size',
      browserOptions: { viewport: { width: 450, height: 350 }, deviceScaleFactor: 2 },
    },
    { name: 'at a width of 320', browserOptions: { viewport: { width: 320, height: 2000 } } },
  ];
  for (const { name, browserOptions } of sizes) {
    test(`nothing is cut off ${name}`, async () => {
      const long = 'src/a_very_long_name_of_a_folder_without_any_break/'.repeat(4);
      const records: FakeRecord[] = [
        ...sampleRecords(),
        [
          message(
            'wide',
            `# ${long}\n\n\`${long}\`\n\n> > - ${long}\n\n|a|b|c|d|e|\n|-|-|-|-|-|\n|${`${long}|`.repeat(5)}`,
          ),
        ],
        [{ kind: 'tool_call', id: 'c', position: 0, name: long, input: { path: long, [long]: long } }],
        [{ kind: 'learning', id: 'l', position: 0, insight: long, expertiseFile: long }],
      ];
      const header = { ...sampleHeader, title: long, agent: long, model: long, place: long };
      await using guest = await open({ fetchPage: pagesOf(records), header, browserOptions });
      await guest.item('l').waitFor();
      await guest.page.keyboard.press('Control+f');
      await guest.page.getByRole('button', { name: browser.strings.filter }).click();
      const wide = `['.scroller', '.header', '.header-facts', '.filter', '.find', 'body']
        .filter((selector) => {
          const element = document.querySelector(selector);
          const { left, right } = element.getBoundingClientRect();
          return left < 0 || right > innerWidth || element.scrollWidth > element.clientWidth;
        })`;
      for (let round = 0; round < 12; round++) {
        await unfoldAll(guest);
        assert.deepEqual(await guest.page.evaluate<string[]>(wide), []);
        await guest.page.evaluate(`document.querySelector('.scroller').scrollTop -= 600`);
        await guest.drawn();
      }
    });
  }
});
