import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import * as z from 'zod';
import { tempFolder } from '../../../support/tempFolder.ts';
import { misbehaving } from '../markedProcesses.ts';
import { MIB, STAY, jsonl, run, shell, text } from './commandRuns.ts';

describe('a command agent', () => {
  it('gets its prompt by standard input, whole, and what it prints is its answer', async (t) => {
    const prompt = 'für 🦊\n'.repeat(20_000);
    const { result } = await run(t, misbehaving('echo'), text, { request: { prompt } });
    assert.equal(result.outcome, 'success');
    assert.equal(result.truncated, true);
    assert.ok(prompt.trimEnd().endsWith(result.output) && result.output.length > 65_000);
  });

  it('gets its prompt as an argument that no shell has seen', async (t) => {
    const prompt = '$(touch x) "$HOME" $& {prompt}\n`id`';
    const last = await run(t, misbehaving('arguments', '-p'), text, {
      setting: { prompt: 'argument' },
      request: { prompt },
    });
    assert.deepEqual(JSON.parse(last.result.output), ['arguments', '-p', prompt]);
    const within = await run(t, misbehaving('arguments', '--prompt={prompt}', '-q'), text, {
      setting: { prompt: 'argument' },
      request: { prompt },
    });
    assert.deepEqual(JSON.parse(within.result.output), ['arguments', `--prompt=${prompt}`, '-q']);
  });

  it('need not read its prompt', async (t) => {
    const { result } = await run(t, ['true'], text, { request: { prompt: 'x'.repeat(10 * MIB) } });
    assert.equal(result.outcome, 'success');
  });

  it('gets of our environment what the setting names, and nothing else', async (t) => {
    process.env['TEST_SECRET'] = 'secret';
    process.env['TEST_PASSED'] = 'passed';
    t.after(() => {
      delete process.env['TEST_SECRET'];
      delete process.env['TEST_PASSED'];
    });
    const { result } = await run(t, misbehaving('environment'), text, {
      setting: { passEnv: ['TEST_PASSED', 'TEST_UNSET'], env: { A: 'setting' } },
      request: { env: { B: 'step' } },
    });
    const got = Object.keys(z.record(z.string(), z.string()).parse(JSON.parse(result.output)));
    const named = ['A', 'B', 'TEST_PASSED', 'TEST_SECRET', 'TEST_UNSET'];
    assert.deepEqual(
      named.filter((name) => got.includes(name)),
      ['A', 'B', 'TEST_PASSED'],
    );
    assert.match(result.output, /"B":"step"/);
  });
});

describe('the program of a command agent', () => {
  /** A folder to work in, with a program of its own. */
  async function workspace(t: TestContext): Promise<string> {
    const folder = await tempFolder(t);
    await mkdir(join(folder, 'bin'));
    for (const path of [join(folder, 'node'), join(folder, 'bin', 'node')]) {
      await writeFile(path, '#!/bin/sh\necho TAKEN\n');
      await chmod(path, 0o755);
    }
    return folder;
  }

  it('is not for its step to choose, and what the step says of it is told', async (t) => {
    const cwd = await workspace(t);
    const { result, events } = await run(t, ['node', '-p', 'process.env.PATH'], text, {
      request: { cwd, env: { PATH: `${cwd}/bin:${process.env['PATH']}`, LD_PRELOAD: '/x.so' } },
    });
    assert.equal(result.output, process.env['PATH']);
    assert.deepEqual(events[0], {
      type: 'notice',
      text: 'The agent did not get PATH, LD_PRELOAD from its step: that is for its setting in lockstep.agents to say.',
    });
  });

  it('is looked for on the PATH of its setting', async (t) => {
    const cwd = await workspace(t);
    const { result } = await run(t, ['node'], text, { setting: { env: { PATH: `${cwd}/bin:/bin` } } });
    assert.equal(result.output, 'TAKEN');
  });

  it('is not one of the folder that it works in, though PATH has relative entries', async (t) => {
    const cwd = await workspace(t);
    const env = { PATH: `:.:bin::${process.env['PATH']}` };
    const { result } = await run(t, ['node', '-p', '"ours"'], text, { setting: { env }, request: { cwd } });
    assert.equal(result.output, 'ours');
  });

  it('is not a folder of that name', async (t) => {
    const cwd = await workspace(t);
    const { result } = await run(t, ['bin'], text, { setting: { env: { PATH: cwd } } });
    assert.match(result.message ?? '', /no program bin on its PATH\. Install it/);
  });
});

describe('a command agent that prints JSON lines', () => {
  it('has succeeded when its stream says so, whatever its exit code', async (t) => {
    const { result, events } = await run(t, misbehaving('success'), jsonl);
    assert.deepEqual(result, {
      outcome: 'success',
      output: 'All tests pass.',
      usage: { tokens: { total: 12 }, costUsd: 0.5 },
      sessionHandle: 's1',
      exit: { code: 3 },
    });
    assert.deepEqual(
      events.map(({ type }) => type),
      ['message', 'usage', 'notice'],
    );
  });

  it('has failed when it exits with 0 after an error', async (t) => {
    const { result } = await run(t, misbehaving('errorInside'), jsonl);
    assert.deepEqual(result, {
      outcome: 'error',
      message: 'the model answered 400',
      output: 'I begin.',
      exit: { code: 0 },
    });
  });

  it('has failed when its output ends in half a line, which is shown', async (t) => {
    const { result, events } = await run(t, misbehaving('halfLine'), jsonl);
    assert.equal(result.outcome, 'error');
    assert.match(result.message ?? '', /ends in the middle of a line/);
    assert.deepEqual(events.at(-1), { type: 'raw', stream: 'stdout', text: '{"type":"result","outc' });
  });

  it('has failed when it says nothing', async (t) => {
    const { result } = await run(t, ['true'], jsonl);
    assert.equal(result.outcome, 'error');
    assert.match(result.message ?? '', /without a result line/);
  });

  it('may print other things, which are shown as they are', async (t) => {
    const { result, events } = await run(t, misbehaving('noise'), jsonl);
    assert.equal(result.outcome, 'success');
    assert.deepEqual(events.slice(0, 2), [
      { type: 'raw', stream: 'stdout', text: 'npm warn something' },
      { type: 'raw', stream: 'stdout', text: '{"type":"from a later version"}' },
    ]);
  });

  it('may write its characters in pieces', async (t) => {
    const { events } = await run(t, misbehaving('halfCharacter'), jsonl);
    assert.deepEqual(events[0], { type: 'message', role: 'assistant', text: 'für 🦊' });
  });

  it('has succeeded when it says so and then stays, until it is ended at its limit', async (t) => {
    const { result } = await run(
      t,
      shell(`echo '{"type":"result","outcome":"success","output":"DONE"}'; exec ${STAY}`),
      jsonl,
      {
        request: { timeoutMs: 500 },
      },
    );
    assert.equal(result.outcome, 'success');
    assert.equal(result.output, 'DONE');
    assert.match(
      result.message ?? '',
      /ran longer than 500 ms, and was ended\. It had said before that it is done/,
    );
  });
});
