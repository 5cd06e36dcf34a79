import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CallFailed } from '../../../../server/doors/cli/commandError.ts';
import { watching } from '../../../../server/doors/cli/watching.ts';
import type { ErrorCode } from '../../../../server/protocol/error.ts';
import { FakeTerminal } from './inProcess.ts';

function failed(code: ErrorCode): CallFailed {
  return new CallFailed({ code, title: '', message: code, requestId: '', actions: [], details: {} });
}

/** Something to watch that the test changes. */
function newWatch() {
  const changed = new Set<(revision: number) => void>();
  const signalled = new Set<(code: number) => void>();
  const on =
    <L>(listeners: Set<L>) =>
    (listener: L) => {
      listeners.add(listener);
      return { dispose: () => listeners.delete(listener) };
    };
  const stdout = new FakeTerminal();
  return {
    change: () => changed.forEach((listener) => listener(1)),
    signal: (code: number) => signalled.forEach((listener) => listener(code)),
    watch: (look: () => Promise<number | undefined>) =>
      watching({ onDidChange: on(changed), stdout }, on(signalled), look),
    listeners: () => changed.size + signalled.size + stdout.listenerCount('resize'),
  };
}

describe('watching', () => {
  it('looks at once, and once for a burst of changes, never twice at a time', async () => {
    const { watch, change, listeners } = newWatch();
    let looks = 0;
    let at = 0;
    const code = await watch(async () => {
      assert.equal(++at, 1);
      looks++;
      if (looks === 1) for (let count = 0; count < 100; count++) change();
      await Promise.resolve();
      at--;
      return looks === 2 ? 7 : undefined;
    });
    assert.deepEqual([code, looks, listeners()], [7, 2, 0]);
  });

  it('goes on where the store was busy, and ends with any other error', async () => {
    const { watch, listeners } = newWatch();
    let looks = 0;
    const code = await watch(() => {
      looks++;
      return looks === 1 ? Promise.reject(failed('STORE_BUSY')) : Promise.resolve(3);
    });
    assert.equal(code, 3);
    await assert.rejects(
      watch(() => Promise.reject(failed('STORE_CORRUPT'))),
      /STORE_CORRUPT/,
    );
    assert.equal(listeners(), 0);
  });

  it('ends with what a signal says', async () => {
    const { watch, signal } = newWatch();
    const code = await watch(() => {
      signal(130);
      return Promise.resolve(undefined);
    });
    assert.equal(code, 130);
  });
});
