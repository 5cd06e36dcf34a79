import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { firstStep } from '../server/store/conformance.ts';
import { idsIn, newStore, openAt } from '../server/store/storeToRecover.ts';

const DYING = fileURLToPath(new URL('./recoverAndDie.ts', import.meta.url));

describe('recovering the store', () => {
  it('is finished by the next one wherever a kill cuts it short, and nobody writes in between', async (t) => {
    for (let nth = 1, isThrough = false; !isThrough; nth++) {
      const { path, file, ids, recover } = await newStore(t, 3);
      file.close();
      // A log of its own, which a killed process leaves.
      const { store, file: other } = openAt(t, path);
      const { id } = await store.create(firstStep());
      const child = spawn(process.execPath, [DYING, path, String(nth)], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      await once(child, 'close');
      isThrough = child.exitCode === 0;
      assert.ok(isThrough || child.signalCode === 'SIGKILL');
      const isCutShort =
        existsSync(`${path}-replacing`) && (await readFile(`${path}-replacing`, 'utf8')) !== '';
      if (isCutShort) {
        await assert.rejects(
          other.write(() => assert.fail('written to')),
          { code: 'STORE_CORRUPT', message: /cut short/ },
        );
      }
      other.close();
      await recover({ dryRun: false });
      assert.deepEqual(await idsIn(openAt(t, path).store), [...ids, id].sort(), `killed before call ${nth}`);
      assert.equal(existsSync(`${path}-replacing`), false);
    }
  });
});
