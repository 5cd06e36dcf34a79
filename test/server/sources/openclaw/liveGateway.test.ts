import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { systemProcesses } from '../../../../server/platform/systemProcesses.ts';
import {
  sessionsCompact,
  sessionsDelete,
  sessionsPatch,
  sessionsReset,
} from '../../../../server/protocol/openclawWriteMethods.ts';
import { LiveGateways } from '../../../../server/sources/openclaw/liveGateway.ts';
import { tempFolder } from '../../../support/tempFolder.ts';
import { deadPid, LivingProcess } from '../../locks/livingProcess.ts';
import { openclawAt, writeStore } from './stateDirectory.ts';

/** Ticks since the system's start, as a gateway of OpenClaw writes them. */
async function startOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
}

function hashOf(configPath: string, algorithm: 'sha1' | 'sha256' = 'sha256'): string {
  return createHash(algorithm).update(configPath).digest('hex').slice(0, 8);
}

async function gateways(t: TestContext) {
  const temporary = await tempFolder(t);
  const dir = join(await tempFolder(t), 'state');
  await writeStore(dir, 'main', { 'agent:main:a': { sessionId: 'id-a', updatedAt: 1 } });
  const folder = join(temporary, `openclaw-${process.getuid?.() ?? 0}`);
  await mkdir(folder);
  const plant = async (name: string, content: unknown, ageMs = 0): Promise<string> => {
    const path = join(folder, `gateway.${name}.lock`);
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    const time = new Date(Date.now() - ageMs);
    await utimes(path, time, time);
    return path;
  };
  return {
    dir,
    temporary,
    plant,
    found: (of = dir) => new LiveGateways({ processes: systemProcesses(), folders: [temporary] }).of(of),
  };
}

const made = () => ({ createdAt: new Date().toISOString(), port: 18_789 });

describe('a gateway that runs on a state directory', () => {
  it('is seen by its lock, whatever that is called and whichever way leads to its configuration', async (t) => {
    const { dir, plant, found } = await gateways(t);
    const { pid } = new LivingProcess(t);
    const link = join(await tempFolder(t), 'link');
    await symlink(dir, link);
    const startTime = await startOf(pid);
    for (const [name, configPath, more] of [
      [hashOf(join(dir, 'openclaw.json')), join(dir, 'openclaw.json'), { startTime }],
      [hashOf(join(dir, 'openclaw.json'), 'sha1'), join(dir, 'openclaw.json'), { startTime }],
      ['12345678', join(dir, 'moltbot.json'), {}],
      [hashOf(join(link, 'openclaw.json')), join(link, 'openclaw.json'), { startTime }],
    ] as const) {
      const lockPath = await plant(name, { pid, configPath, ...made(), ...more });
      for (const way of [dir, link]) assert.deepEqual(await found(way), { pid, lockPath });
      await writeFile(lockPath, '{}');
      await utimes(lockPath, 1, 1);
    }
    assert.equal(await found(), undefined);
  });

  it('is not taken for one where its process is gone, or is another one by now', async (t) => {
    const { dir, plant, found } = await gateways(t);
    const configPath = join(dir, 'openclaw.json');
    const { pid } = new LivingProcess(t);
    await plant('11111111', { pid: await deadPid(), configPath, ...made() });
    await plant('22222222', { pid, configPath, startTime: (await startOf(pid)) - 1, ...made() });
    assert.equal(await found(), undefined);
  });

  it('of another state directory is none of ours', async (t) => {
    const { dir, plant, found } = await gateways(t);
    const { pid } = new LivingProcess(t);
    for (const [index, configPath] of [
      `${dir}2/openclaw.json`,
      join(dir, 'x', 'openclaw.json'),
      'openclaw.json',
    ].entries())
      await plant(`3333333${index}`, { pid, configPath, ...made() });
    assert.equal(await found(), undefined);
  });

  it('may be starting where its lock cannot be read yet, for 30 s', async (t) => {
    const { dir, plant, found } = await gateways(t);
    for (const algorithm of ['sha1', 'sha256'] as const) {
      for (const name of ['openclaw.json', 'clawdbot.json']) {
        for (const content of ['', '{"pid":', '{"pid":"x"}']) {
          const hash = hashOf(join(dir, name), algorithm);
          const lockPath = await plant(hash, content);
          assert.deepEqual(await found(), { pid: undefined, lockPath });
          await plant(hash, content, 31_000);
          assert.equal(await found(), undefined);
        }
      }
    }
    await plant('44444444', '');
    assert.equal(await found(), undefined, 'of whom nothing is known');
  });

  it('keeps every method from writing, with the command that does the same', async (t) => {
    const { dir, temporary, plant } = await gateways(t);
    const { pid } = new LivingProcess(t);
    const lock = await plant('55555555', { pid, configPath: join(dir, 'openclaw.json'), ...made() });
    const { fails } = openclawAt(dir, { tempFolder: temporary });
    const path = join(dir, 'agents', 'main', 'sessions', 'sessions.json');
    const before = await readFile(path, 'utf8');
    for (const [method, params, sent] of [
      [sessionsPatch, { key: 'A', label: 'x' }, { key: 'agent:main:a', label: 'x' }],
      [sessionsReset, { key: 'a' }, { key: 'agent:main:a' }],
      [sessionsDelete, { key: 'a' }, { key: 'agent:main:a', deleteTranscript: true }],
      [sessionsCompact, { key: 'a' }, { key: 'agent:main:a', maxLines: 400 }],
    ] as const) {
      const error = await fails(method, params);
      const command = `OPENCLAW_STATE_DIR=${dir} openclaw gateway call ${method.name} --params '${JSON.stringify(sent)}'`;
      assert.equal(error.code, 'STORE_UNAVAILABLE');
      assert.deepEqual(error.details, { pid, lock, command });
      assert.ok(
        error.message.includes(`runs (process ${pid})`) && error.message.endsWith(command),
        error.message,
      );
    }
    assert.equal(await readFile(path, 'utf8'), before);
  });
});
