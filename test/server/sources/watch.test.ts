import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { appendFile, mkdir, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { watchFolders, type WatchFolder, type WatchSettings } from '../../../server/platform/watch.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { writeLines } from './files.ts';
import { writeAgentDatabase } from './openclaw/sqlite/agentDatabase.ts';
import { openWriter } from './openclaw/sqlite/writer.ts';
import { claudeSource, openclawSource, piSource } from './reading.ts';

/** Does something, and waits for the next call back after it. */
type AfterDoing = (act: () => Promise<unknown>) => Promise<void>;

/** Nothing here ends by a limit of time: a call back that never comes leaves its test waiting. */
function changesOf(t: TestContext, watch: (onChange: () => void) => { dispose(): void }): AfterDoing {
  let called: () => void = () => {};
  const watching = watch(() => called());
  // The watch keeps no process alive, and the test has nothing else to wait for.
  const keepAlive = setInterval(() => {}, 60_000);
  t.after(() => {
    watching.dispose();
    clearInterval(keepAlive);
  });
  return async (act) => {
    const next = new Promise<void>((resolve) => {
      called = resolve;
    });
    await act();
    await next;
  };
}

function watching(t: TestContext, path: string, depth: number, settings: WatchSettings = {}): AfterDoing {
  const quick = { joinMs: 1, pollMs: 5, ...settings };
  return changesOf(t, (onChange) => watchFolders([{ path, depth }], onChange, quick));
}

test('a source tells of a line, of a file, and of files in a folder that was not there before', async (t) => {
  const folder = await tempFolder(t);
  const file = await writeLines(join(folder, 'projects/p/s.jsonl'), [{ type: 'x' }]);
  const after = changesOf(t, (onChange) => claudeSource(folder).watch(onChange));
  await after(() => appendFile(file, '{"type":"y"}\n'));
  await after(() => writeFile(join(folder, 'projects/p/new.jsonl'), ''));
  await after(() => mkdir(join(folder, 'projects/q')));
  await after(() => writeFile(join(folder, 'projects/q/s.jsonl'), ''));
  await after(() => appendFile(join(folder, 'projects/q/s.jsonl'), '{"type":"z"}\n'));
  await after(() => unlink(file));
});

test('Claude Code tells of a sub-agent that works in a folder of its own', async (t) => {
  const folder = await tempFolder(t);
  await mkdir(join(folder, 'projects/p'), { recursive: true });
  const after = changesOf(t, (onChange) => claudeSource(folder).watch(onChange));
  const subAgent = join(folder, 'projects/p/s/subagents/agent-1.jsonl');
  await after(() => writeLines(subAgent, [{ type: 'x' }]));
  await after(() => appendFile(subAgent, '{"type":"y"}\n'));
});

test('OpenClaw tells of a store, a transcript and its configuration', async (t) => {
  const folder = await tempFolder(t);
  const store = await writeLines(join(folder, 'agents/main/sessions/sessions.json'), ['{}']);
  const after = changesOf(t, (onChange) => openclawSource(folder).watch(onChange));
  await after(() => rename(store, `${store}.away`));
  await after(() => writeLines(join(folder, 'agents/support/sessions/new.jsonl'), []));
  await after(() => writeFile(join(folder, 'openclaw.json'), '{}'));
});

test('OpenClaw tells of a store that its configuration has put elsewhere', async (t) => {
  const folder = await tempFolder(t);
  const elsewhere = join(folder, 'elsewhere/sessions.json');
  await writeLines(elsewhere, ['{}']);
  const state = join(folder, 'state');
  await writeLines(join(state, 'openclaw.json'), [{ session: { store: elsewhere } }]);
  const source = openclawSource(state);
  const after = changesOf(t, (onChange) => source.watch(onChange));
  await source.list(1); // its configuration was read by then
  await after(() => writeFile(elsewhere, '{ }'));
});

test('OpenClaw tells of what a gateway commits to a database, and of the database itself', async (t) => {
  const folder = await tempFolder(t);
  const path = writeAgentDatabase(folder, 'main', [{ key: 'agent:main:main', id: 's1' }]);
  const writer = await openWriter(t, path);
  const label = (text: string) => () => writer.run(`UPDATE session_nodes SET label = '${text}'`);
  await label('zero')();
  const after = changesOf(t, (onChange) => openclawSource(folder).watch(onChange));
  await after(label('one'));
  await after(label('two'));
  await after(() => writer.run('PRAGMA wal_checkpoint(TRUNCATE)'));
  await after(() => rename(path, `${path}.away`));
});

test('pi tells of a line', async (t) => {
  const folder = await tempFolder(t);
  const file = await writeLines(join(folder, 'sessions/p/s.jsonl'), [{ type: 'session' }]);
  const after = changesOf(t, (onChange) => piSource(folder).watch(onChange));
  await after(() => appendFile(file, '{"type":"y"}\n'));
});

test('a folder that does not exist yet is watched from when it does', async (t) => {
  const root = join(await tempFolder(t), 'later');
  const after = watching(t, root, 1);
  await after(() => mkdir(root));
  await after(() => mkdir(join(root, 'p')));
  await after(() => writeFile(join(root, 'p/s.jsonl'), ''));
});

test('a folder that appeared is watched from then on, and no longer looked at', async (t) => {
  const root = join(await tempFolder(t), 'later');
  const watched: string[] = [];
  const watchFolder: WatchFolder = (path) => {
    if (!existsSync(path)) throw Object.assign(new Error('not there'), { code: 'ENOENT' });
    watched.push(path);
    return { dispose: () => {} };
  };
  const after = watching(t, root, 1, { watchFolder });
  await after(() => mkdir(root));
  assert.deepEqual(watched, [root]);
});

test('a folder that was removed and made again is watched again, at the top and below', async (t) => {
  const root = join(await tempFolder(t), 'root');
  await mkdir(join(root, 'p'), { recursive: true });
  const after = watching(t, root, 1);
  await after(() => rm(join(root, 'p'), { recursive: true }));
  await after(() => mkdir(join(root, 'p')));
  await after(() => writeFile(join(root, 'p/s.jsonl'), ''));
  await after(async () => {
    // In one go, so that it is already there again when its end is told.
    rmSync(join(root, 'p'), { recursive: true });
    mkdirSync(join(root, 'p'));
  });
  await after(() => writeFile(join(root, 'p/s.jsonl'), ''));
  await after(() => rename(root, `${root}.old`));
  await after(() => mkdir(join(root, 'p'), { recursive: true }));
  await after(() => writeFile(join(root, 'p/s.jsonl'), ''));
});

test('where the system has no watches left, changes are found by looking', async (t) => {
  const root = await tempFolder(t);
  await mkdir(join(root, 'p'));
  const noWatches: WatchFolder = () => {
    throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
  };
  const after = watching(t, root, 1, { watchFolder: noWatches });
  await after(() => Promise.resolve()); // what came before is not known, so the first look tells
  await after(() => writeFile(join(root, 'p/s.jsonl'), ''));
  await after(() => appendFile(join(root, 'p/s.jsonl'), '{"type":"y"}\n'));
  await after(() => unlink(join(root, 'p/s.jsonl')));
});

test('a watch that fails later is given up for looking', async (t) => {
  const root = await tempFolder(t);
  const errors: ((error: unknown) => void)[] = [];
  const silent: WatchFolder = (_path, _onEvent, onError) => {
    errors.push(onError);
    return { dispose: () => {} };
  };
  const after = watching(t, root, 0, { watchFolder: silent });
  await after(async () => errors[0]?.(Object.assign(new Error('gone'), { code: 'ENOSPC' })));
  await after(() => Promise.resolve());
  await after(() => writeFile(join(root, 's.jsonl'), ''));
});

test('a burst of changes is one call back', async (t) => {
  const root = await tempFolder(t);
  let emit: () => void = () => {};
  const watchFolder: WatchFolder = (_path, onEvent) => {
    emit = () => onEvent('change', 's.jsonl');
    return { dispose: () => {} };
  };
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let calls = 0;
  const watch = watchFolders([{ path: root, depth: 0 }], () => (calls += 1), { watchFolder });
  for (let index = 0; index < 100; index++) emit();
  t.mock.timers.tick(149);
  assert.equal(calls, 0);
  emit();
  t.mock.timers.tick(1);
  assert.equal(calls, 1);
  emit();
  watch.dispose();
  t.mock.timers.tick(1000);
  assert.equal(calls, 1, 'not after it was disposed of');
});
