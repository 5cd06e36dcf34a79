import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { TranscriptItem, TranscriptPage } from '../../server/protocol/transcript.ts';
import { FakeTranscript, message, messages } from '../client/transcript/fakeTranscript.ts';
import { GuestBrowser } from '../../scripts/host/guestBrowser.ts';
import type { GuestPage } from '../../scripts/host/guestPage.ts';
import { sampleHeader, sampleRecords } from '../client/transcript/sampleTranscript.ts';

describe('what the reader sees', () => {
  let browser: GuestBrowser;

  before(async () => {
    browser = await GuestBrowser.launch();
  });
  after(() => browser[Symbol.asyncDispose]());

  async function open(...items: readonly TranscriptItem[]): Promise<GuestPage> {
    const transcript = new FakeTranscript(100);
    transcript.append(...items.map((item) => [item]));
    return browser.open({
      header: sampleHeader,
      fetchPage: async (request) => transcript.page(request),
      // All of them in view, and with that in the page.
      height: 2500,
    });
  }

  test('the header tells title, agent, status, iterations, model, tokens and cost, and follows their changes', async () => {
    await using guest = await open();
    const header = guest.page.getByRole('banner');
    await header.getByRole('heading', { name: sampleHeader.title }).waitFor();
    for (const fact of ['Codex', 'Active', '3/50 iterations', 'gpt-5.4-codex', '344.5K tokens', '$1.23']) {
      await header.getByText(fact, { exact: true }).waitFor();
    }
    guest.host.updateHeader({ ...sampleHeader, status: 'timeout', iterations: { done: 50, max: 50 } });
    await header.getByText('At its limit').waitFor();
    await header.getByText('50/50 iterations').waitFor();
  });

  test('every kind of item is shown', async () => {
    const records = sampleRecords();
    await using guest = await open(...records.flat());
    await guest.item('run2').waitFor();
    const shown = await guest.scroller.innerText();
    for (const text of [
      'Started',
      'Added by the agent program',
      'Do not touch the lexer.',
      'Picture 1',
      'Iteration 1',
      'Thinking',
      'npm test -- --grep parser',
      'src/parser/precedence.ts',
      'return precedence.get(token.text) ?? 0;',
      'Iteration 1 ended',
      'Learned · docs/expertise/parser.md',
      'Model: gpt-5.4 (openai)',
      'Context compacted from 181K tokens',
      'Summary',
      'Tool result',
      'turn_context',
      'Warning · line 214',
      'Paused',
      'The agent ended with exit code 1',
    ]) {
      assert.ok(shown.includes(text), text);
    }
    assert.equal(await guest.item('bash1').getByText('Failed').count(), 1);
    assert.equal(await guest.item('run2').getByText('Running').count(), 1);
    assert.equal(await guest.page.locator('.item').count(), records.length);
    assert.deepEqual(guest.problems, []);
  });

  test('a call takes its result in when that comes, and no longer runs', async () => {
    const call: TranscriptItem = {
      kind: 'tool_call',
      id: 'c',
      callId: '1',
      position: 0,
      name: 'bash',
      input: {},
    };
    const transcript = new FakeTranscript(10);
    transcript.append([call]);
    await using guest = await browser.open({
      header: sampleHeader,
      fetchPage: async (request) => transcript.page(request),
    });
    await guest.item('c').getByText('Running').waitFor({ state: 'attached' });
    const result = { output: 'all well', isError: false, durationMs: 1500 };
    transcript.append([{ kind: 'tool_result', id: 'r', callId: '1', position: 0, result }]);
    guest.host.changed();
    await guest.item('c').getByText('Succeeded').waitFor({ state: 'attached' });
    await guest.item('c').getByText('1.5s').waitFor();
    assert.equal(await guest.page.locator('.item').count(), 1);
  });

  test('a call without a result that a later message follows was interrupted', async () => {
    await using guest = await open(
      { kind: 'tool_call', id: 'c', callId: '1', position: 0, name: 'bash', input: {} },
      message('m', 'Go on', 'user'),
    );
    await guest.item('c').getByText('No result').waitFor({ state: 'attached' });
  });

  test('folds work by keyboard, and stay where they are at the end', async () => {
    const input = { command: 'ls', cwd: '/' };
    const result = { output: 'bin\n\u001b[1metc\u001b[0m', isError: false };
    await using guest = await open(...messages(1, 40).flat(), {
      kind: 'tool_call',
      id: 'call',
      callId: '1',
      position: 0,
      name: 'bash',
      input,
      result,
    });
    await guest.waitForEnd();
    const button = guest.item('call').getByRole('button', { name: 'bash ls' });
    await button.focus();
    const top = await guest.topOf('call');
    await guest.page.keyboard.press('Enter');
    await guest.item('call').getByText('cwd').waitFor();
    assert.equal(await button.getAttribute('aria-expanded'), 'true');
    assert.equal(await guest.item('call').locator('pre').last().innerText(), 'bin\netc');
    assert.equal(await guest.topOf('call'), top);
    await guest.page.keyboard.press('Space');
    await guest.item('call').locator('pre').first().waitFor({ state: 'detached' });
    assert.equal(await button.getAttribute('aria-expanded'), 'false');
  });

  test('long texts are cut until the reader wants them, copying takes the whole', async () => {
    const text = Array.from({ length: 200 }, (_, index) => `line ${index + 1}`).join('\n');
    await using guest = await open(message('long', text, 'user'));
    const all = guest.item('long').getByRole('button', { name: 'Show all (200 lines)' });
    await all.click();
    await guest.item('long').getByText('line 200').waitFor();
    await guest.item('long').getByRole('button', { name: 'Show less' }).click();
    await all.waitFor();
    assert.ok(!(await guest.item('long').innerText()).includes('line 41'));
    await guest.item('long').hover();
    await guest.item('long').getByRole('button', { name: 'Copy' }).click();
    await guest.item('long').locator('[data-copied]').waitFor();
    await guest.page.getByText('Copied', { exact: true }).waitFor({ state: 'attached' });
    assert.deepEqual(guest.copied, [text]);
  });

  test('hostile text is text: nothing runs, nothing is loaded, only addresses of pages are links', async () => {
    const attacks = [
      '<img src=x onerror="alert(1)">',
      '<script>alert(2)</script>',
      '[click](javascript:alert(3)) <a href="javascript:alert(3)">x</a>',
      '</div></article><iframe srcdoc="<script>parent.alert(4)</script>"></iframe>',
      '<style>* { display: none }</style><link rel=stylesheet href=https://evil.test/x.css>',
      '```html\n<svg onload=alert(5)></svg>\n```',
    ];
    const hostile = attacks.join('\n');
    const kinds: TranscriptItem[] = [
      message('m', hostile),
      { kind: 'thinking', id: 't', position: 1, text: hostile },
      { kind: 'summary', id: 's', position: 2, text: hostile },
      { kind: 'note', id: 'n', position: 3, severity: 'warning', text: hostile },
      { kind: 'lifecycle', id: 'l', position: 4, event: 'error', text: hostile },
      { kind: 'learning', id: 'le', position: 5, insight: hostile, expertiseFile: hostile },
      { kind: 'model_change', id: 'mc', position: 6, model: hostile, provider: hostile },
      { kind: 'other', id: 'o"><img src=x onerror=alert(6)>', position: 7, type: hostile, data: { hostile } },
      {
        kind: 'tool_call',
        id: 'c',
        position: 8,
        name: hostile,
        input: { command: hostile },
        result: { output: hostile, isError: true },
      },
    ];
    await using guest = await open(...kinds);
    guest.host.updateHeader({ title: hostile, agent: hostile, model: hostile, place: hostile });
    await guest.item('c').waitFor();
    for (const fold of await guest.page.locator('.fold-button').all()) await fold.click();
    await guest.item('c').locator('pre').last().waitFor();
    await guest.page.getByRole('heading').getByText('<script>alert(2)</script>').waitFor();
    assert.ok((await guest.item('m').innerText()).includes('<img src=x onerror="alert(1)">'));
    const foreign =
      'img, iframe, svg, form, input, style:not(head style), link:not(head link), script:not(body > script)';
    assert.equal(await guest.page.locator(foreign).count(), 0);
    const links = `[...new Set([...document.querySelectorAll('a')].map((link) => link.getAttribute('href')))]`;
    assert.deepEqual(await guest.page.evaluate(links), ['https://evil.test/x.css']);
    assert.deepEqual(guest.problems, []);
  });

  test('characters that turn the order of others around are shown in code, and contained in prose', async () => {
    const spoof = 'rm \u202etxt.exe\u2066';
    await using guest = await open(
      { kind: 'tool_call', id: 'c', position: 0, name: 'bash', input: { command: spoof } },
      message('m', `\u202eturned around\n\`\`\`\n${spoof}\n\`\`\``),
    );
    await guest.item('c').getByText('rm ⟨U+202E⟩txt.exe⟨U+2066⟩').waitFor();
    await guest.item('m').getByText('rm ⟨U+202E⟩txt.exe⟨U+2066⟩').waitFor();
    const isolation = `getComputedStyle(document.querySelector('.markdown')).unicodeBidi`;
    assert.equal(await guest.page.evaluate<string>(isolation), 'isolate');
  });

  test('a line of a megabyte does not widen the page, and can be shown', async () => {
    const line = 'x'.repeat(1024 * 1024);
    await using guest = await open(message('m', line), {
      kind: 'tool_call',
      id: 'c',
      position: 1,
      name: 'cat',
      input: line,
      result: { output: line, isError: false },
    });
    const wide = `document.querySelector('.scroller').scrollWidth > document.querySelector('.scroller').clientWidth`;
    await guest.item('c').getByRole('button').click();
    assert.ok((await guest.item('m').innerText()).length < 21_000);
    assert.equal(await guest.page.evaluate<boolean>(wide), false);
    await guest.item('m').getByRole('button', { name: 'Show all (1,048,576 characters)' }).click();
    await guest.item('m').getByRole('button', { name: 'Show less' }).waitFor();
    assert.ok(((await guest.item('m').locator('.prose').textContent()) ?? '').includes(line));
    assert.equal(await guest.page.evaluate<boolean>(wide), false);
  });

  test('an empty transcript says so, until something comes', async () => {
    const transcript = new FakeTranscript(10);
    await using guest = await browser.open({
      fetchPage: async (request) => transcript.page(request),
    });
    await guest.page.getByText('Nothing here yet').waitFor();
    transcript.append(...messages(1, 1));
    guest.host.changed();
    await guest.item('m1').waitFor();
    assert.equal(await guest.page.getByText('Nothing here yet').count(), 0);
  });

  test('a transcript that cannot be read says why, and Retry reads it', async () => {
    const transcript = new FakeTranscript(10);
    transcript.append(...messages(1, 2));
    const answers: PromiseWithResolvers<TranscriptPage>[] = [];
    await using guest = await browser.open({
      fetchPage: () => {
        const answer = Promise.withResolvers<TranscriptPage>();
        answers.push(answer);
        return answer.promise;
      },
    });
    await guest.page.getByText('Loading transcript…').waitFor();
    answers[0]?.reject(new Error('The file is gone: <b>notes</b>'));
    const alert = guest.page.getByRole('alert');
    await alert.getByText('The transcript could not be read').waitFor();
    await alert.getByText('The file is gone: <b>notes</b>').waitFor();
    await alert.getByText('The server may be restarting.').waitFor();
    await alert.getByRole('button', { name: 'Retry' }).click();
    await alert.getByRole('button', { name: 'Retry', disabled: true }).waitFor();
    assert.deepEqual(guest.sent.at(-1), { type: 'retry' });
    answers[1]?.resolve(transcript.page({}));
    await guest.item('m2').waitFor();
    assert.equal(await alert.count(), 0);
    assert.deepEqual(guest.problems, []);
  });

  test('an older page that cannot be read leaves the rest alone, and is not asked for again by itself', async () => {
    const transcript = new FakeTranscript(20);
    transcript.append(...messages(1, 40));
    let broken = true;
    await using guest = await browser.open({
      fetchPage: async (request) => {
        if (broken && request.before !== undefined) throw new Error('Damaged');
        return transcript.page(request);
      },
    });
    await guest.item('m40').waitFor();
    await guest.scrollTo(0);
    await guest.page.getByRole('alert').getByText('Damaged').waitFor();
    await guest.scrollTo(300);
    await guest.scrollTo(0);
    const asked = () => guest.sent.filter((sent) => JSON.stringify(sent).includes('"side":"older"')).length;
    assert.equal(asked(), 1);
    broken = false;
    await guest.page.getByRole('button', { name: 'Retry' }).click();
    await guest.page.getByRole('alert').waitFor({ state: 'detached' });
    await guest.scroller.focus();
    await guest.page.keyboard.press('Home');
    await guest.item('m1').waitFor({ state: 'attached' });
    assert.equal(await guest.page.getByRole('alert').count(), 0);
  });

  test('copies the whole of a text that the page has the beginning of', async () => {
    const cut = { position: 0, id: 'm', part: 'text', characters: 90_000 } as const;
    const transcript = new FakeTranscript(10);
    transcript.append([{ ...message('m', 'A beginning'), cut }]);
    await using guest = await browser.open({
      fetchPage: async (request) => transcript.page(request),
    });
    await guest.item('m').hover();
    await guest.item('m').getByRole('button', { name: 'Copy' }).first().click();
    await guest.drawn();
    assert.deepEqual(
      guest.requests.filter(({ type }) => type === 'copy'),
      [{ type: 'copy', cut }],
    );
  });
});
