import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { GuestRequests, type ReaderWindow } from '../../../client/transcript/guestRequests.ts';
import type { TranscriptHeader } from '../../../client/transcript/header.ts';
import { hostMessage, type HostMessage } from '../../../client/transcript/messages.ts';
import type { TranscriptCalls } from '../../../client/transcript/transcriptCalls.ts';
import type { GuestRequest } from '../../../client/transcript/transcriptHost.ts';
import { WorkspaceFiles } from '../../../client/transcript/workspaceFiles.ts';
import { tempFolder } from '../../support/tempFolder.ts';

const scan = { start: 0, size: 1, generation: 'a' };

/** A window and a server that write down what they are asked. */
class Reading {
  readonly did: unknown[][] = [];
  readonly errors: string[] = [];
  readonly posted: HostMessage[] = [];
  readonly requests: GuestRequests;
  header: TranscriptHeader = { title: 'One' };

  constructor(folder = '/nowhere') {
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
    const calls: TranscriptCalls = {
      page: () => Promise.reject(new Error('not asked for')),
      outline: () => Promise.reject(new Error('not asked for')),
      find: ({ text }) =>
        Promise.resolve({ ...scan, hits: [{ id: text, position: 0, part: 'text', count: 1 }] }),
      text: async ({ id }) => {
        if (id === 'gone') throw new Error('gone');
        return { text: `whole of ${id}` };
      },
      image: () => Promise.resolve({ mediaType: 'image/png', data: 'AAAA' }),
    };
    this.requests = new GuestRequests({
      ref: 'lockstep:1',
      calls,
      window,
      files: new WorkspaceFiles(() => ({ folders: [folder], place: undefined, home: folder })),
      header: () => this.header,
      kinds: () => undefined,
      describeError: (error) => ({ title: 'Failed', message: String(error) }),
      showError: (error) => this.errors.push(String(error)),
      post: (message) => this.posted.push(hostMessage.parse(message)),
    });
  }

  async ask(request: GuestRequest): Promise<void> {
    this.requests.receive(request);
    await new Promise(setImmediate);
  }
}

async function workspace(t: TestContext): Promise<string> {
  const folder = await tempFolder(t);
  await mkdir(join(folder, 'src'));
  await writeFile(join(folder, 'src', 'a.ts'), '');
  return folder;
}

/** Until the disk has answered. */
async function until(isDone: () => boolean): Promise<void> {
  while (!isDone()) await new Promise(setImmediate);
}

describe('GuestRequests', () => {
  test('copies, and opens links of the web; any other is refused in words', async () => {
    const reading = new Reading();
    await reading.ask({ type: 'copy', text: 'abc' });
    await reading.ask({ type: 'openLink', href: 'https://example.com' });
    await reading.ask({ type: 'openLink', href: 'command:workbench.action.quit' });
    assert.deepEqual(reading.did, [
      ['copy', 'abc'],
      ['openLink', 'https://example.com/'],
      ['refuseLink', 'command:workbench.action.quit'],
    ]);
  });

  test('opens files of the workspace at their place, and refuses others', async (t) => {
    const folder = await workspace(t);
    const reading = new Reading(folder);
    await reading.ask({ type: 'openPath', path: 'src/a.ts', line: 3, column: 7 });
    await until(() => reading.did.length === 1);
    await reading.ask({ type: 'openPath', path: '/etc/passwd' });
    await until(() => reading.did.length === 2);
    assert.deepEqual(reading.did, [
      ['openFile', join(folder, 'src', 'a.ts'), { line: 3, column: 7 }],
      ['refusePath', '/etc/passwd'],
    ]);
  });

  test('tells which paths are files of the workspace', async (t) => {
    const reading = new Reading(await workspace(t));
    await reading.ask({ type: 'checkPaths', paths: ['src/a.ts', 'src'] });
    await until(() => reading.posted.length === 1);
    const [answer] = reading.posted;
    assert.ok(answer?.type === 'paths');
    assert.deepEqual(
      new Map(answer.found.map(({ path, exists }) => [path, exists])),
      new Map([
        ['src/a.ts', true],
        ['src', false],
      ]),
    );
  });

  test('opens a text that the guest has, and has one that it has not whole read', async () => {
    const reading = new Reading();
    const cut = { position: 7, id: 'm1', part: 'output', characters: 99 } as const;
    await reading.ask({ type: 'openText', title: 'One', language: 'ts', text: 'here' });
    await reading.ask({ type: 'openText', title: 'Two', cut });
    assert.deepEqual(reading.did, [
      ['openText', { title: 'One', language: 'ts', text: 'here' }],
      ['openText', { title: 'Two', language: undefined, text: 'whole of m1' }],
    ]);
    await reading.ask({ type: 'openText', title: 'Three', cut: { ...cut, id: 'gone' } });
    await reading.ask({ type: 'openText', title: 'Four' });
    assert.equal(reading.did.length, 2);
    assert.equal(reading.errors[0], 'Error: gone');
    assert.match(reading.errors[1] ?? '', /did not say/);
  });

  test('copies all of a text of which the guest has the beginning, and says so where it cannot', async () => {
    const reading = new Reading();
    const cut = { position: 7, id: 'm1', part: 'text', characters: 90_000 } as const;
    await reading.ask({ type: 'copy', cut });
    assert.deepEqual(reading.did, [['copy', 'whole of m1']]);
    await reading.ask({ type: 'copy', cut: { ...cut, id: 'gone' } });
    await reading.ask({ type: 'copy' });
    assert.equal(reading.did.length, 1);
    assert.equal(reading.errors[0], 'Error: gone');
    assert.match(reading.errors[1] ?? '', /did not say/);
  });

  test('runs a command of the header on its session, and no other', async () => {
    const reading = new Reading();
    reading.header = { title: 'One', actions: [{ command: 'pause', title: 'Pause', icon: 'debug-pause' }] };
    await reading.ask({ type: 'action', command: 'pause' });
    await reading.ask({ type: 'action', command: 'workbench.action.quit' });
    reading.header = { title: 'One' };
    await reading.ask({ type: 'action', command: 'pause' });
    assert.deepEqual(reading.did, [['run', 'pause', 'lockstep:1']]);
    assert.equal(reading.errors.length, 2);
  });

  test('brings hits and pictures until the guest leaves', async () => {
    const reading = new Reading();
    await reading.ask({ type: 'find', request: 1, text: 'x' });
    await reading.ask({ type: 'image', position: 1, index: 0 });
    assert.deepEqual(
      reading.posted.map(({ type }) => type),
      ['found', 'image'],
    );
    reading.requests.changed();
    await new Promise(setImmediate);
    assert.equal(reading.posted.length, 3);
    reading.requests.guestLeft();
    reading.requests.changed();
    await new Promise(setImmediate);
    assert.equal(reading.posted.length, 3);
  });
});
