import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { HostMessage } from '../../client/transcript/messages.ts';
import type { TranscriptItem } from '../../server/protocol/transcript.ts';
import { FakeTranscript, message } from '../client/transcript/fakeTranscript.ts';
import { GuestBrowser } from '../../scripts/host/guestBrowser.ts';
import type { GuestPage } from '../../scripts/host/guestPage.ts';
import type { ThemeName } from '../../scripts/host/vscodeThemes.ts';

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

describe('how texts of agents are drawn', () => {
  let browser: GuestBrowser;

  before(async () => {
    browser = await GuestBrowser.launch();
  });
  after(() => browser[Symbol.asyncDispose]());

  async function open(items: readonly TranscriptItem[], theme: ThemeName = 'dark'): Promise<GuestPage> {
    const transcript = new FakeTranscript(100);
    transcript.append(...items.map((item) => [item]));
    return browser.open({
      fetchPage: async (request) => transcript.page(request),
      theme,
      height: 2500,
    });
  }

  function call(id: string, input: unknown, output: string, name = 'bash'): TranscriptItem {
    return { kind: 'tool_call', id, position: 0, name, input, result: { output, isError: false } };
  }

  const receive = (guest: GuestPage, answer: HostMessage) =>
    guest.page.evaluate(`postMessage(${JSON.stringify(answer)}, '*')`);
  const sent = (guest: GuestPage, type: string) =>
    guest.sent.filter((one) => JSON.stringify(one).startsWith(`{"type":"${type}"`));

  test('Markdown is read as such: headings, lists, tables, links, emphasis, tasks', async () => {
    const text =
      '# Title\n\nSome **bold** [link](https://x.test/a) and https://x.test/b\n\n- [x] done\n- one\n\n|a|b|\n|-|-:|\n|1|2|';
    await using guest = await open([message('m', text)]);
    const item = guest.item('m');
    await item.getByRole('heading', { name: 'Title', level: 2 }).waitFor();
    await item.getByRole('listitem').getByText('☑ done').waitFor();
    await item.getByRole('cell', { name: '2' }).waitFor();
    assert.equal(await item.locator('strong').innerText(), 'bold');
    const links = await item.getByRole('link').all();
    assert.deepEqual(await Promise.all(links.map((link) => link.getAttribute('title'))), [
      'https://x.test/a',
      'https://x.test/b',
    ]);
    assert.deepEqual(guest.problems, []);
  });

  test('whatever the parser might let through, the page takes text and a few harmless elements only', async () => {
    const bundle = await build({
      stdin: {
        contents: `export { sanitized } from './client/transcript/guest/markdown/sanitizer.ts';`,
        resolveDir: fileURLToPath(new URL('../../', import.meta.url)),
      },
      bundle: true,
      format: 'iife',
      globalName: 'sanitizer',
      write: false,
    });
    const attack = `<p id="a" name="b" style="color: red" onclick="x()">1</p><img src="https://x.test"><svg><a href="x">2</a></svg>
      <a href="javascript:x()">3</a><a href="data:text/html,x">4</a><a href="https://x.test" target="_blank">5</a>
      <form action="x"><input value="y"></form><iframe srcdoc="z"></iframe><style>* {}</style><math></math><template>6</template>`;
    const page = await browser.browser.newPage();
    await page.evaluate(bundle.outputFiles[0]?.text ?? '');
    const made = await page.evaluate<string>(
      `(() => { const div = document.createElement('div'); div.append(sanitizer.sanitized(${JSON.stringify(attack)})); return div.innerHTML.replaceAll(/\\s+/g, ' '); })()`,
    );
    await page.close();
    assert.equal(made.trim(), '<p>1</p> <a>3</a><a>4</a><a href="https://x.test">5</a>');
  });

  test('a link is opened by the host, by whichever button or key; the page stays', async () => {
    await using guest = await open([message('m', '[link](https://x.test/a)')]);
    const link = guest.item('m').getByRole('link');
    await link.click();
    await link.click({ button: 'middle' });
    await link.press('Enter');
    const opened = { type: 'openLink', href: 'https://x.test/a' };
    assert.deepEqual(sent(guest, 'openLink'), [opened, opened, opened]);
    assert.equal(guest.page.context().pages().length, 1);
    assert.equal(new URL(guest.page.url()).pathname, '/');
  });

  test('a text in a script from right to left is drawn so, block by block', async () => {
    await using guest = await open([message('m', 'שלום\n\nhello\n\n- שלום\n\n```\nשלום\n```')]);
    await guest.item('m').locator('.code').waitFor();
    const directions = `['p', 'p:nth-of-type(2)', 'li', '.code code']
      .map((selector) => getComputedStyle(document.querySelector('.markdown ' + selector)).direction)`;
    assert.deepEqual(await guest.page.evaluate(directions), ['rtl', 'ltr', 'rtl', 'ltr']);
  });

  test('code gets its colours by a worker, and nothing moves', async () => {
    const code = 'export const answer = 42; // the answer\nfunction f(x: number) {\n  return `v ${x}`;\n}';
    await using guest = await open([message('m', `\`\`\`ts\n${code}\n\`\`\``)]);
    const block = guest.item('m').locator('.code');
    await block.waitFor();
    const plain = await block.boundingBox();
    await block.locator('.tok-keyword').first().waitFor();
    assert.deepEqual(await block.boundingBox(), plain);
    assert.equal(await block.locator('code').textContent(), code);
    assert.equal(await block.locator('.tok-comment').textContent(), '// the answer\n');
    assert.deepEqual(guest.problems, []);
  });

  test('the grammars are loaded when code is seen, not before', async () => {
    const isLoaded = `'lockstepHighlightWorker' in globalThis`;
    await using guest = await open([message('m', 'no code here')]);
    await guest.item('m').waitFor();
    await guest.drawn();
    assert.equal(await guest.page.evaluate(isLoaded), false);
  });

  test('code that keeps its worker busy for ever stays plain, other code gets its colours', async () => {
    const transcript = new FakeTranscript(100);
    transcript.append([message('m', 'No code yet')]);
    await using guest = await browser.open({
      fetchPage: async (request) => transcript.page(request),
    });
    await guest.item('m').waitFor();
    // In place of the grammars, of which none is known that could be made to: one that certainly can.
    const source = `postMessage({ type: 'ready' });
      onmessage = ({ data: { id, code } }) => {
        postMessage({ type: 'began', id });
        while (code.startsWith('for ever'));
        postMessage({ type: 'done', id, tokens: [[code, 4]] });
      };`;
    await guest.page.evaluate(`globalThis.lockstepHighlightWorker = ${JSON.stringify(source)}`);
    const code = (text: string) => `\`\`\`ts\n${text}\n\`\`\``;
    transcript.append([message('bomb', code('for ever'))], [message('good', code('let x;'))]);
    guest.host.changed();
    await guest.item('good').locator('.tok-keyword').waitFor();
    transcript.append([message('later', code('let y;'))]);
    guest.host.changed();
    await guest.item('later').locator('.tok-keyword').waitFor();
    assert.equal(await guest.item('bomb').locator('code').textContent(), 'for ever');
    assert.equal(await guest.item('bomb').locator('.tok-keyword').count(), 0);
    assert.deepEqual(guest.problems, []);
  });

  test('a call that edits is shown as what it changes, with signs, and with its file', async () => {
    await using guest = await open([
      call('c', { file_path: 'src/a.ts', old_string: 'a\nb', new_string: 'a\nc' }, 'ok', 'Edit'),
    ]);
    const item = guest.item('c');
    await item.getByText('Lines added: 1, removed: 1').waitFor({ state: 'attached' });
    await item.getByRole('button', { name: 'Edit' }).click();
    const lines = item.locator('.code-line');
    assert.deepEqual(await lines.allTextContents(), [' a\n', '-b\n', '+c\n']);
    assert.equal(await item.locator('.diff-path').innerText(), 'src/a.ts');
  });

  test('output that is a diff is shown as one, and so is a code block', async () => {
    const diff = '--- a/x.md\n+++ b/x.md\n@@ -1 +1 @@\n-a\n+b';
    await using guest = await open([
      call('c', { command: 'git diff' }, diff),
      message('m', `\`\`\`diff\n${diff}\n\`\`\``),
    ]);
    await guest.item('c').getByRole('button', { name: 'bash' }).click();
    for (const id of ['c', 'm']) {
      assert.equal(await guest.item(id).locator('.diff-path').innerText(), 'x.md');
      assert.equal(await guest.item(id).locator('.code-line.added').textContent(), '+b\n');
    }
  });

  test('terminal colours are drawn, progress is its last state, nothing else of the terminal is left', async () => {
    const output =
      '\u001b[31mred\u001b[0m \u001b[38;2;0;0;90mblue\u001b[0m\n10%\r100%\n\u001b]8;;https://x.test\u001b\\link\u001b]8;;\u001b\\';
    await using guest = await open([call('c', { command: 'x' }, output)]);
    await guest.item('c').getByRole('button', { name: 'bash' }).click();
    const code = guest.item('c').locator('.terminal code');
    assert.equal(await code.innerText(), 'red blue\n100%\nlink');
    assert.deepEqual(await code.locator('.ansi-fg').allTextContents(), ['red', 'blue']);
    assert.equal(await code.getByRole('link').count(), 0);
    assert.deepEqual(guest.problems, []);
  });

  test('arguments are readable: a command as code, prompts as Markdown, the rest by name', async () => {
    const prompt = 'Look **here**:\n\n1. first';
    await using guest = await open([
      call('a', { command: 'ls -la\npwd', timeout: 5 }, 'x'),
      call('b', { subagent_type: 'explorer', prompt }, 'Found **it**', 'Task'),
    ]);
    for (const id of ['a', 'b']) await guest.item(id).locator('.fold-button').click();
    assert.equal(await guest.item('a').locator('.code code').first().textContent(), 'ls -la\npwd');
    assert.equal(await guest.item('a').locator('.arguments').innerText(), 'timeout\n5');
    assert.deepEqual(await guest.item('b').locator('strong').allTextContents(), ['here', 'it']);
  });

  test('a call tells its exit code', async () => {
    const result = { output: '', isError: true, exitCode: 2, durationMs: 10 };
    await using guest = await open([
      { kind: 'tool_call', id: 'c', position: 0, name: 'bash', input: {}, result },
    ]);
    await guest.item('c').getByText('exit code 2').waitFor();
    await guest.item('c').getByText('Failed').waitFor({ state: 'attached' });
  });

  test('long output is folded, and opens in an editor', async () => {
    const output = Array.from({ length: 50 }, (_, index) => `row ${index + 1}`).join('\n');
    await using guest = await open([call('c', { command: 'x' }, output)]);
    const item = guest.item('c');
    await item.getByRole('button', { name: 'bash' }).click();
    assert.ok(!(await item.innerText()).includes('row 21'));
    await item.getByRole('button', { name: 'Open in editor' }).click();
    assert.deepEqual(sent(guest, 'openText'), [{ type: 'openText', title: 'bash: Output', text: output }]);
    await item.getByRole('button', { name: 'Show all (50 lines)' }).click();
    await item.getByText('row 50').waitFor();
  });

  test('a text that was cut says how much there is, and the editor has the whole', async () => {
    const cut = { position: 3, id: 'm', part: 'text', characters: 90_000 } as const;
    await using guest = await open([{ ...message('m', 'The beginning'), cut }]);
    await guest.item('m').getByText('Only the beginning: 13 of 90,000 characters').waitFor();
    await guest.item('m').getByRole('button', { name: 'Open in editor' }).click();
    assert.deepEqual(sent(guest, 'openText'), [
      { type: 'openText', title: 'Assistant', language: 'markdown', cut },
    ]);
  });

  test('pictures are asked for, shown with a name, and enlarged by a click; a problem is told in their place', async () => {
    const images = [0, 1].map((index) => ({ position: 4, index }));
    await using guest = await open([
      { kind: 'message', id: 'm', position: 0, role: 'user', text: 'See', images },
    ]);
    await guest.item('m').getByText('Picture 2: loading…').waitFor();
    assert.deepEqual(
      sent(guest, 'image'),
      images.map((place) => ({ type: 'image', ...place })),
    );
    await receive(guest, { type: 'image', position: 4, index: 0, mediaType: 'image/png', data: PNG });
    await receive(guest, { type: 'image', position: 4, index: 1, problem: 'It is larger than 20 MB' });
    await guest.item('m').getByRole('img', { name: 'Picture 1' }).waitFor();
    await guest.item('m').getByText('Picture 2: It is larger than 20 MB').waitFor();
    const button = guest.item('m').getByRole('button', { name: 'Picture 1' });
    await button.click();
    assert.equal(await button.getAttribute('aria-pressed'), 'true');
    assert.deepEqual(guest.problems, []);
  });

  test('a picture that comes into view again takes its place at once', async () => {
    await using guest = await open([
      {
        kind: 'message',
        id: 'm',
        position: 0,
        role: 'user',
        text: 'x',
        injected: true,
        images: [{ position: 4, index: 0 }],
      },
    ]);
    const fold = guest.item('m').locator('.fold-button');
    await fold.click();
    await guest.item('m').getByText('loading…').waitFor();
    await receive(guest, { type: 'image', position: 4, index: 0, mediaType: 'image/png', data: PNG });
    const picture = guest.item('m').getByRole('img');
    await picture.waitFor();
    await guest.page.evaluate(`document.querySelector('.picture img').decode()`);
    await guest.drawn();
    assert.equal(await picture.getAttribute('width'), null);
    await fold.click();
    await fold.click();
    assert.deepEqual([await picture.getAttribute('width'), await picture.getAttribute('height')], ['1', '1']);
  });

  test('files are links when the host has said that they exist, and not before', async () => {
    const text = 'See `src/a.ts:12`, `src/gone.ts` and [this](docs/b.md), not `npm test`.';
    await using guest = await open([message('m', text)]);
    const links = guest.item('m').getByRole('link');
    await guest.item('m').getByText('src/gone.ts').waitFor();
    assert.equal(await links.count(), 0);
    const paths = ['docs/b.md', 'src/a.ts', 'src/gone.ts'];
    assert.deepEqual(sent(guest, 'checkPaths'), [{ type: 'checkPaths', paths }]);
    await receive(guest, {
      type: 'paths',
      found: paths.map((path) => ({ path, exists: path !== 'src/gone.ts' })),
    });
    await links.first().waitFor();
    assert.deepEqual(await links.allTextContents(), ['src/a.ts:12', 'this']);
    await links.first().click();
    await links.last().press('Enter');
    assert.deepEqual(sent(guest, 'openPath'), [
      { type: 'openPath', path: 'src/a.ts', line: 12 },
      { type: 'openPath', path: 'docs/b.md' },
    ]);
  });

  test('texts that are hard on a parser are drawn', async () => {
    const hard = ['[', '*a**b', '> ', '- ', '|a', '`a``b', '<a '].map((part) =>
      part.repeat(20_000 / part.length),
    );
    await using guest = await open(hard.map((text, index) => message(`m${index}`, text, 'user')));
    for (const [index] of hard.entries()) await guest.item(`m${index}`).waitFor();
    assert.deepEqual(guest.problems, []);
  });

  for (const theme of ['dark', 'light', 'highContrast', 'highContrastLight'] as const) {
    test(`colours of code, of changes and of terminals are legible: ${theme}`, async () => {
      const ansi = [...Array(16).keys()].map(
        (index) => `\u001b[38;5;${index}m${index}\u001b[0m \u001b[48;5;${index}mx\u001b[0m`,
      );
      const rgb = ['0;0;90', '255;255;200', '120;120;120', '255;0;0', '0;255;0', '0;0;255'].map(
        (parts) => `\u001b[38;2;${parts}mx\u001b[0m`,
      );
      const ts =
        'import a from "b"; // c\nexport class D<T> extends E { f(g: number): string { return `${1}`; } }';
      await using guest = await open(
        [
          call('ansi', { command: 'x' }, [...ansi, ...rgb].join(' ')),
          call(
            'edit',
            { file_path: 'a.ts', old_string: ts, new_string: `${ts}\n// h\nconst i: J = 2;` },
            '',
            'Edit',
          ),
          call('write', { file_path: 'a.ts', content: ts }, '', 'Write'),
          call('removed', { file_path: 'a.ts', old_string: ts, new_string: '' }, '', 'Edit'),
          message(
            'm',
            `\`\`\`ts\n${ts}\n\`\`\`\n\n\`\`\`html\n<a href="b">c</a>\n\`\`\`\n\n\`\`\`md\n# H\n\`\`\`\n\n\`inline\` [link](https://x.test)`,
          ),
        ],
        theme,
      );
      for (const id of ['ansi', 'edit', 'write', 'removed'])
        await guest.item(id).locator('.fold-button').click();
      for (const id of ['edit', 'write', 'removed', 'm'])
        await guest.item(id).locator('.tok-keyword').first().waitFor();
      for (const name of ['tag', 'heading']) await guest.item('m').locator(`.tok-${name}`).first().waitFor();
      assert.deepEqual(await guest.page.evaluate(FAINT), []);
    });
  }
});

/** Every run of text in code whose contrast to what is behind it is below 4.5. Colours are made of pixels, as any of CSS may be drawn. */
const FAINT = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const pixel = (colours) => {
    canvas.globalAlpha = 1;
    canvas.clearRect(0, 0, 1, 1);
    for (const [colour, alpha] of colours) {
      canvas.globalAlpha = alpha;
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((value) => value / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const faint = [];
  for (const element of document.querySelectorAll('.code span, .code code, .markdown code, .markdown a')) {
    const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data).join('').trim();
    if (text === '') continue;
    const grounds = [];
    for (let at = element; at !== null; at = at.parentElement) grounds.unshift([getComputedStyle(at).backgroundColor, 1]);
    const ground = pixel(grounds);
    const ink = pixel([...grounds, [getComputedStyle(element).color, 1]]);
    const [bright, dark] = [luminance(ink), luminance(ground)].sort((a, b) => b - a);
    const contrast = (bright + 0.05) / (dark + 0.05);
    if (contrast < 4.5) faint.push(element.className + ' ' + text.slice(0, 20) + ' ' + ink + ' on ' + ground + ': ' + contrast.toFixed(2));
  }
  return faint;
})()`;
