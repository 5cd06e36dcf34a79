import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import * as z from 'zod';
import { Commands } from '../../../client/ids.ts';
import { commandLabels } from '../../../client/services/commandLabels.ts';
import { ownSessionActions, sourceActions } from '../../../client/services/headerActions.ts';
import { headerAction } from '../../../client/transcript/header.ts';
import { sessionStatus } from '../../../server/protocol/session.ts';

const changing = [
  Commands.pauseSession,
  Commands.resumeSession,
  Commands.addIterations,
  Commands.forkSession,
  Commands.unarchiveSession,
  Commands.resumeInTerminal,
] as readonly string[];
const resume = { program: 'claude', args: ['--resume', '1'] };

type Session = Parameters<typeof ownSessionActions>[0];
type State = Pick<Session, 'status' | 'pausing' | 'archivedAt'>;
const own = (state: State): Session => ({ id: 's1', kind: 'session', ...state });

describe('the actions of a transcript', () => {
  test('are those that the state of the session allows', () => {
    const first = (session: State) => ownSessionActions(own(session), true)[0];
    assert.equal(first({ status: 'active', pausing: false }), Commands.pauseSession);
    assert.equal(first({ status: 'active', pausing: true }), Commands.resumeSession);
    assert.equal(first({ status: 'paused', pausing: false }), Commands.resumeSession);
    assert.equal(first({ status: 'timeout', pausing: false }), Commands.resumeSession);
    assert.equal(first({ status: 'completed', pausing: false }), Commands.forkSession);
    const archived = { status: 'completed', pausing: false, archivedAt: '2026-11-21T09:00:00.000Z' } as const;
    assert.equal(first(archived), Commands.unarchiveSession);
  });

  test('of a run and of its steps are those of the run: it can be stopped, not forked', () => {
    for (const kind of ['workflow', 'step'] as const) {
      const actions = (state: State) => ownSessionActions({ ...own(state), kind, parentId: 'r1' }, true);
      assert.deepEqual(actions({ status: 'active', pausing: false }), [
        Commands.pauseSession,
        Commands.addIterations,
        Commands.stopRun,
      ]);
      assert.deepEqual(actions({ status: 'paused', pausing: false }).at(-1), Commands.stopRun);
      assert.deepEqual(actions({ status: 'completed', pausing: false }), []);
    }
  });

  test("of another agent's session resume it where that can be", () => {
    assert.deepEqual(sourceActions({ resume }, true).slice(0, 1), [Commands.resumeInTerminal]);
    assert.ok(!sourceActions({}, true).includes(Commands.copyResumeCommand));
    assert.ok(sourceActions({}, true).includes(Commands.revealFile));
  });

  test('change nothing in a window that is not trusted, are six at most, each once', () => {
    const all = (isTrusted: boolean) => [
      ...sessionStatus.options.map((status) => ownSessionActions(own({ status, pausing: false }), isTrusted)),
      sourceActions({ resume }, isTrusted),
      sourceActions({}, isTrusted),
    ];
    for (const actions of all(false))
      assert.deepEqual(
        actions.filter((command) => changing.includes(command)),
        [],
      );
    for (const actions of [...all(true), ...all(false)]) {
      assert.ok(actions.length <= 6, actions.join(', '));
      assert.equal(new Set(actions).size, actions.length);
    }
  });
});

describe('the words of commands', () => {
  test('are those of the manifest, with an icon for each that a header offers', async () => {
    const labels = commandLabels(JSON.parse(await readFile('package.json', 'utf8')));
    const offered = [
      ...sourceActions({ resume }, true),
      ...ownSessionActions(own({ status: 'active', pausing: false }), true),
    ];
    for (const command of offered) {
      const label = headerAction.parse(labels.get(command));
      assert.notEqual(label.icon, 'circle-small', command);
    }
  });

  test('are the translated ones, where VS Code gives both', () => {
    const command = {
      command: 'a.b',
      title: { value: 'Anhalten', original: 'Pause' },
      icon: '$(debug-pause)',
    };
    const labels = commandLabels({ contributes: { commands: [command, { command: 'a.c', title: 'C' }] } });
    assert.deepEqual(labels.get('a.b'), { command: 'a.b', title: 'Anhalten', icon: 'debug-pause' });
    assert.deepEqual(labels.get('a.c'), { command: 'a.c', title: 'C', icon: 'circle-small' });
    assert.throws(() => commandLabels({}), z.ZodError);
  });
});
