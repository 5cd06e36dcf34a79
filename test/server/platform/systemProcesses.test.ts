import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { describe, it } from 'node:test';
import { systemProcesses } from '../../../server/platform/systemProcesses.ts';
import { deadPid, LivingProcess } from '../locks/livingProcess.ts';

describe('processes of a system that tells no more than whether a pid is in use', () => {
  const processes = systemProcesses('win32');

  it('are running or gone, and nothing proves which they are', async (t) => {
    const { pid } = new LivingProcess(t);
    const found = { state: 'running', start: undefined, startedAt: undefined, isForeign: false };
    assert.deepEqual(await processes.look(pid), found);
    assert.deepEqual(await processes.look(await deadPid()), { state: 'gone' });
    assert.deepEqual(await processes.look(-1), { state: 'unknown' });
  });

  it('run on a machine without boots and pid namespaces', async () => {
    const here = { host: hostname(), bootId: undefined, pidNamespace: 'none' };
    assert.deepEqual(await processes.machine(), here);
    assert.equal(processes.pid, process.pid);
  });
});

describe('processes of this system', () => {
  it('are those of Linux here, and can be asked for as those of a Mac', async () => {
    assert.equal(process.platform, 'linux');
    assert.match(String((await systemProcesses().machine()).pidNamespace), /^pid:\[\d+\]$/);
    assert.equal((await systemProcesses('darwin').machine()).pidNamespace, 'none');
  });
});
