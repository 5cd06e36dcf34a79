import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import type { WireError } from '../../../server/protocol/error.ts';
import { CallError } from '../../../client/services/callError.ts';
import { inEnglish } from '../views/inEnglish.ts';

const { errorWords, wireOf } = await inEnglish(() => import('../../../client/services/notifications.ts'));

const caught = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('the words for an error', () => {
  it('are those of the server where it has refused a call', () => {
    const wire: WireError = {
      code: 'SESSION_NOT_FOUND',
      title: 'Session not found',
      message: 'There is none.',
      requestId: 'r1',
      actions: [],
      details: {},
    };
    assert.equal(wireOf(new CallError(wire)), wire);
  });

  it('of a file that cannot be used say why, and offer to try again, not to report it', async () => {
    const { title, message, actions } = wireOf(await caught(readFile('/nowhere/at/all')));
    assert.equal(title, 'A file cannot be used');
    assert.match(message, /ENOENT.*\/nowhere\/at\/all/);
    assert.deepEqual(
      actions.map(({ kind }) => kind),
      ['retry'],
    );
  });

  it('of anything else are a fault of ours, with a report', () => {
    const { title, details, actions } = wireOf(new TypeError('x is not a function'));
    assert.equal(title, 'Something went wrong in Lockstep');
    assert.match(String(details['stack']), /x is not a function/);
    assert.deepEqual(
      actions.map(({ kind }) => kind),
      ['report'],
    );
  });

  it('are read without an empty explanation where there is none', () => {
    const wire = { code: 'INTERNAL', title: 'Odd', message: 'It is odd.' } as const;
    const bare = { ...wire, requestId: 'r1', actions: [], details: {} };
    assert.deepEqual(errorWords(new CallError(bare)), { title: 'Odd', message: 'It is odd.' });
    assert.deepEqual(errorWords(new CallError({ ...bare, explanation: 'Nobody knows why.' })), {
      title: 'Odd',
      message: 'It is odd.',
      explanation: 'Nobody knows why.',
    });
  });
});
