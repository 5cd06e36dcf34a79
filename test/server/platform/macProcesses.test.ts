import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { describe, it } from 'node:test';
import { macProcesses, type RunProgram } from '../../../server/platform/macProcesses.ts';

const LSTART = 'Tue Nov 25 15:50:35 2026';
const STARTED = Date.UTC(2026, 10, 25, 15, 50, 35);

/** Stands in for the programs of a Mac, of which there is none here: what they print is from their manual pages. */
const prints =
  (text: string): RunProgram =>
  () =>
    Promise.resolve(text);
const fails: RunProgram = () => Promise.reject(new Error('no such program'));
const lives = () => undefined;
const throws = (code: string) => () => {
  throw Object.assign(new Error(code), { code });
};

describe('processes of a Mac, with stand-ins for ps, sysctl and kill', () => {
  it('are running, with the start that ps tells', async () => {
    const calls: string[] = [];
    const run: RunProgram = (program, args) => {
      calls.push([program, ...args].join(' '));
      return Promise.resolve(`Ss   ${LSTART}\n`);
    };
    const found = { state: 'running', start: LSTART, startedAt: STARTED, isForeign: false };
    assert.deepEqual(await macProcesses(run, lives).look(7), found);
    assert.deepEqual(calls, ['/bin/ps -o stat=,lstart= -p 7']);
    const spaced = await macProcesses(prints('S+   Sun Nov  1 05:00:00 2026    \n'), lives).look(7);
    assert.equal(spaced.state === 'running' && spaced.startedAt, Date.UTC(2026, 10, 1, 5));
  });

  it('are gone when the system says so, and ps is not asked', async () => {
    assert.deepEqual(await macProcesses(fails, throws('ESRCH')).look(7), { state: 'gone' });
  });

  it('are gone as zombies, whatever ps prints as their start', async () => {
    for (const line of [`Z    ${LSTART}`, 'Z+   -', 'Z'])
      assert.deepEqual(await macProcesses(prints(line), lives).look(7), { state: 'gone' }, line);
  });

  it('are foreign when we may not signal them', async () => {
    const found = await macProcesses(prints(`Ss   ${LSTART}\n`), throws('EPERM')).look(7);
    assert.deepEqual(found, { state: 'running', start: LSTART, startedAt: STARTED, isForeign: true });
  });

  it('are unknown when the probe fails, and for numbers that no process can have', async () => {
    assert.deepEqual(await macProcesses(fails, throws('EINVAL')).look(7), { state: 'unknown' });
    for (const pid of [0, -7, 2 ** 31])
      assert.deepEqual(await macProcesses(fails, lives).look(pid), { state: 'unknown' });
  });

  it('tell nothing but that they are there where ps fails, or prints what it should not', async () => {
    const nothing = { state: 'running', start: undefined, startedAt: undefined, isForeign: false };
    assert.deepEqual(await macProcesses(fails, lives).look(7), nothing);
    for (const text of [
      '',
      '\n',
      'garbage',
      'S',
      `S ${LSTART.slice(0, -3)}`,
      'S Xxx Yyy 99 99:99:99 2026',
      'S mar. 25 nov. 15:50:35 2026',
      `S ${LSTART} and more`,
      `S ${LSTART}\nS ${LSTART}`,
      'ps: illegal option -- o',
    ]) {
      assert.deepEqual(await macProcesses(prints(text), lives).look(7), nothing, text);
    }
  });

  it('run on a machine that names its boot, where sysctl does', async () => {
    const here = { host: hostname(), pidNamespace: 'none' };
    const named = await macProcesses(prints('8A2F-11\n')).machine();
    assert.deepEqual(named, { ...here, bootId: '8A2F-11' });
    for (const run of [fails, prints(''), prints('\n')])
      assert.deepEqual(await macProcesses(run).machine(), { ...here, bootId: undefined });
  });

  it('do not fail where the programs of a Mac are missing, as here', async () => {
    const found = await macProcesses().look(process.pid);
    assert.equal(found.state, 'running');
    assert.equal((await macProcesses().machine()).host, hostname());
  });
});
