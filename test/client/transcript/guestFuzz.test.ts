import assert from 'node:assert/strict';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import * as fc from 'fast-check';
import { GuestRequests, type ReaderWindow } from '../../../client/transcript/guestRequests.ts';
import type { TranscriptHeader } from '../../../client/transcript/header.ts';
import { guestMessage, hostMessage, type HostMessage } from '../../../client/transcript/messages.ts';
import { TranscriptHost } from '../../../client/transcript/transcriptHost.ts';
import type { TranscriptStrings } from '../../../client/transcript/strings.ts';
import { WorkspaceFiles } from '../../../client/transcript/workspaceFiles.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { englishStrings } from '../../../scripts/host/englishStrings.ts';
import { FakeTranscript, messages } from './fakeTranscript.ts';
import { links } from './hostile/links.ts';

const OFFERED = 'lockstep.session.pause';
const header: TranscriptHeader = {
  title: 'Fuzzed',
  actions: [{ command: OFFERED, title: 'Pause', icon: 'debug-pause' }],
};

const hostileWords = [
  '__proto__',
  'constructor',
  OFFERED,
  'workbench.action.quit',
  'javascript:alert(1)',
  'command:workbench.action.quit',
  'https://good.test/',
  'mailto:a@b.test',
  'inside.ts',
  '../outside.ts',
  'link.ts',
  '/etc/passwd',
  'file:///etc/passwd',
  '\\\\evil.test\\share',
  '~/x',
  '\0',
  '\ud800',
  'x'.repeat(5000),
];
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...hostileWords));
const number = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.constantFrom(0, -0, -1, 0.5, NaN, Infinity, 2 ** 53, 1e308),
);
const types = guestMessage.options.map((option) => option.shape.type.value);
const kinds = fc.array(fc.oneof(fc.constantFrom('message', 'tool_call', 'other'), text), { maxLength: 4 });
const target = fc.oneof(fc.constantFrom('end', 'start'), number);
const place = fc.record({
  position: number,
  id: text,
  part: fc.constantFrom('text', 'input', 'x'),
  characters: number,
});

/** Messages with all the fields that there are, each right, wrong or missing. */
const nearly = fc.record(
  {
    type: fc.oneof(fc.constantFrom(...types), text),
    side: fc.oneof(fc.constantFrom('older', 'newer'), text),
    from: number,
    target,
    position: number,
    kinds,
    text,
    request: number,
    index: number,
    paths: fc.array(text, { maxLength: 5 }),
    path: text,
    line: number,
    column: number,
    href: text,
    title: text,
    language: text,
    cut: place,
    command: text,
    message: text,
  },
  { requiredKeys: ['type'] },
);
const path = fc.oneof(
  text,
  fc.constantFrom('inside.ts', 'x/../inside.ts', 'link.ts', '../outside.ts', '../folder/inside.ts'),
);
/** Messages as the schema lets them in: nothing of them is wrong but what they mean. */
const allowed = fc.oneof(
  fc.record({
    type: fc.constant('openLink'),
    href: fc.oneof(text, fc.webUrl(), fc.constantFrom(...hostileWords)),
  }),
  fc.record({ type: fc.constant('openPath'), path }),
  fc.record({
    type: fc.constant('openPath'),
    path,
    line: fc.integer({ min: 1 }),
    column: fc.integer({ min: 1 }),
  }),
  fc.record({ type: fc.constant('action'), command: fc.oneof(text, fc.constant(OFFERED)) }),
  fc.record({ type: fc.constant('checkPaths'), paths: fc.array(text, { maxLength: 5 }) }),
  fc.record({ type: fc.constant('openText'), title: text, text }),
  fc.record({ type: fc.constant('copy'), text }),
  fc.record({ type: fc.constant('image'), position: fc.nat(), index: fc.nat() }),
  fc.record({ type: fc.constant('find'), request: fc.nat(), text }),
  fc.record({ type: fc.constant('load'), side: fc.constantFrom('older', 'newer'), from: fc.nat() }),
  fc.record({ type: fc.constant('show'), target: fc.oneof(fc.constantFrom('end', 'start'), fc.nat()) }),
  fc.record({ type: fc.constant('filter'), kinds: fc.constant(['message']), target: fc.nat() }),
  fc.record({ type: fc.constant('reading'), position: fc.nat() }),
  fc.constantFrom({ type: 'ready' }, { type: 'retry' }, { type: 'reading' }, { type: 'openText', title: '' }),
);
const anything = fc.oneof(
  fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true }),
  nearly,
  allowed,
);

/** Tells when all that was looked for has been. */
class WatchedFiles extends WorkspaceFiles {
  readonly #looks: Promise<unknown>[] = [];

  override find(path: string): Promise<string | undefined> {
    const look = super.find(path);
    this.#looks.push(look);
    return look;
  }

  override check(paths: readonly string[]): Promise<{ path: string; exists: boolean }[]> {
    const look = super.check(paths);
    this.#looks.push(look);
    return look;
  }

  async settled(): Promise<void> {
    await Promise.all(this.#looks);
    await setImmediate();
  }
}

/** Both ends of the host: what the panel is without VS Code. */
class Panel {
  readonly did: unknown[][] = [];
  readonly errors: unknown[] = [];
  readonly posted: HostMessage[] = [];
  readonly host: TranscriptHost;
  readonly files: WatchedFiles;

  constructor(strings: TranscriptStrings, folder: string) {
    const note =
      (name: string) =>
      (...details: unknown[]): Promise<void> => {
        this.did.push([name, ...details]);
        return Promise.resolve();
      };
    const window: ReaderWindow = {
      copy: note('copy'),
      openLink: note('openLink'),
      openFile: note('openFile'),
      openText: note('openText'),
      run: note('run'),
      refuseLink: (href) => void note('refuseLink')(href),
      refusePath: (path) => void note('refusePath')(path),
    };
    const transcript = new FakeTranscript(10);
    transcript.append(...messages(1, 30));
    const describeError = (error: unknown) => ({ title: 'Failed', message: String(error) });
    const post = (message: HostMessage) => void this.posted.push(hostMessage.parse(message));
    const showError = (error: unknown) => void this.errors.push(error);
    this.files = new WatchedFiles(() => ({ folders: [folder], place: folder, home: folder }));
    const requests: GuestRequests = new GuestRequests({
      ref: 'lockstep:1',
      window,
      calls: {
        page: async (request) => transcript.page(request),
        outline: () => Promise.reject(new Error('not asked for')),
        find: async () => ({ start: 0, size: 1, generation: 'a', hits: [] }),
        text: async () => ({ text: 'whole' }),
        image: () => Promise.reject(new Error('no picture')),
      },
      files: this.files,
      header: () => header,
      kinds: () => undefined,
      describeError,
      showError,
      post: (message) => this.host.post(message),
    });
    this.host = new TranscriptHost({
      ref: 'lockstep:1',
      locale: 'en',
      strings,
      header,
      start: { target: 'end', kinds: undefined },
      fetchPage: async (request) => transcript.page(request),
      describeError,
      showError,
      onRequest: (request) => requests.receive(request),
      post,
    });
  }
}

describe('whatever a guest says', () => {
  /** A folder with one file, one outside of it, and a link from inside to that. */
  async function workspace(t: TestContext): Promise<string> {
    const root = await tempFolder(t);
    const folder = join(root, 'folder');
    await mkdir(folder);
    await writeFile(join(folder, 'inside.ts'), '');
    await writeFile(join(root, 'outside.ts'), '');
    await symlink(join(root, 'outside.ts'), join(folder, 'link.ts'));
    return folder;
  }

  test('throws nothing, runs no command that is not offered, and opens only pages, mail and the files of the workspace', async (t) => {
    const folder = await workspace(t);
    const strings = await englishStrings();
    const opened = new Set<unknown>();
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { maxLength: 12 }), async (said) => {
        const panel = new Panel(strings, folder);
        panel.host.receive({ type: 'ready' });
        for (const message of said) panel.host.receive(message);
        await panel.files.settled();
        panel.host.dispose();
        for (const [name, first] of panel.did) {
          if (name === 'run') assert.equal(first, OFFERED);
          if (name === 'openLink') assert.match(String(first), /^(?:https?|mailto):/);
          if (name === 'openFile') assert.equal(first, join(folder, 'inside.ts'));
          opened.add(name);
        }
      }),
      { numRuns: 400 },
    );
    // All of it was tried: else nothing is proved.
    for (const name of ['run', 'openLink', 'openFile', 'openText', 'refuseLink', 'refusePath', 'copy'])
      assert.ok(opened.has(name), name);
  });

  test('every link of the hostile corpus is refused, or is one to a page or mail', async (t) => {
    const panel = new Panel(await englishStrings(), await workspace(t));
    panel.host.receive({ type: 'ready' });
    const hrefs = links.flatMap(({ text }) => [
      ...[...text.matchAll(/\]\(<?([^)>]*)/g)].map(([, href]) => href ?? ''),
      text,
    ]);
    for (const href of hrefs) panel.host.receive({ type: 'openLink', href });
    await panel.files.settled();
    assert.equal(panel.did.length, hrefs.length);
    for (const [name, href] of panel.did) {
      if (name !== 'refuseLink') assert.match(String(href), /^(?:https?|mailto):/);
    }
    assert.ok(panel.did.filter(([name]) => name === 'refuseLink').length > 150);
    assert.deepEqual(panel.errors, []);
  });
});
