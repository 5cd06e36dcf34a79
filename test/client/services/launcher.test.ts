import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { chmod, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import fc from 'fast-check';
import * as z from 'zod';
import {
  isOutOfDate,
  posixLauncher,
  posixQuoted,
  readLauncher,
  windowsLauncher,
  type Launched,
} from '../../../client/services/launcher.ts';
import { tempFolder } from '../../support/tempFolder.ts';

const run = promisify(execFile);
const EVIL = `it's "so" $HOME \`id\` %PATH% & co; 日本 #!`;

/** A launcher on disk, of a runtime and a command in folders with awkward names. */
async function makeLauncher(t: TestContext, home?: string) {
  const folder = join(await tempFolder(t), EVIL);
  await mkdir(folder, { recursive: true });
  const [runtime, cli, path] = ['my node', 'cli.js', 'lockstep'].map((name) => join(folder, name));
  assert.ok(runtime !== undefined && cli !== undefined && path !== undefined);
  await cp(process.execPath, runtime);
  await writeFile(
    cli,
    `console.log(JSON.stringify({
      args: process.argv.slice(2),
      home: process.env.LOCKSTEP_HOME,
      asNode: process.env.ELECTRON_RUN_AS_NODE,
      runtime: process.execPath,
    }));
    process.exitCode = 7 - 7 + Number(process.env.END ?? 0);`,
  );
  const what: Launched = { version: '1.2.3', runtime, cli, ...(home === undefined ? {} : { home }) };
  await writeFile(path, posixLauncher(what));
  await chmod(path, 0o755);
  return { folder, path, what };
}

const env = (extra: NodeJS.ProcessEnv = {}) => {
  const { LOCKSTEP_HOME: _home, ...rest } = process.env;
  return { ...rest, ...extra };
};

describe('the launcher for POSIX shells', () => {
  it('runs the command on the runtime, with just the words that it is given', async (t) => {
    const { path, what } = await makeLauncher(t);
    const words = ['call', '', 'two words', "it's", '$(id)', '*', '{"a": "b\\n"}', '--', '-x'];
    const { stdout } = await run(path, words, { env: env() });
    assert.deepEqual(JSON.parse(stdout), { args: words, asNode: '1', runtime: what.runtime });
  });

  it('ends with the exit code of the command', async (t) => {
    const { path } = await makeLauncher(t);
    await assert.rejects(run(path, [], { env: env({ END: '3' }) }), { code: 3 });
  });

  it('works on the store of the settings, unless its environment names another', async (t) => {
    const store = `/tmp/${EVIL}`;
    const { path } = await makeLauncher(t, store);
    const home = async (extra: NodeJS.ProcessEnv) => {
      const { stdout } = await run(path, [], { env: env(extra) });
      return z.object({ home: z.string() }).parse(JSON.parse(stdout)).home;
    };
    assert.equal(await home({}), store);
    assert.equal(await home({ LOCKSTEP_HOME: '/elsewhere' }), '/elsewhere');
  });

  it('says what to do when what it starts is gone', async (t) => {
    const { path, what } = await makeLauncher(t);
    for (const missing of [{ cli: `${what.cli}x` }, { runtime: `${what.runtime}x` }]) {
      await writeFile(path, posixLauncher({ ...what, ...missing }));
      await assert.rejects(run(path, [], { env: env() }), {
        code: 127,
        stderr: /has moved\. Open VS Code once/,
      });
    }
  });
});

describe('words within quotes for a POSIX shell', () => {
  it('come out as they were', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii' }), (word) => {
        const plain = word.replaceAll('\0', '');
        const printed = execFileSync('sh', ['-c', `printf %s ${posixQuoted(plain)}`], { encoding: 'utf8' });
        assert.equal(printed, plain);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the launcher for Windows', () => {
  const what: Launched = {
    version: '1.2.3',
    runtime: String.raw`C:\Users\Jürgen\AppData\Local\Programs\Microsoft VS Code\Code.exe`,
    cli: String.raw`C:\Users\Jürgen\.vscode\extensions\100% lockstep\dist\cli.js`,
  };
  const folders = {
    USERPROFILE: String.raw`C:\Users\Jürgen`,
    LOCALAPPDATA: String.raw`C:\Users\Jürgen\AppData\Local`,
  };

  it('has the shape that cmd reads', () => {
    const lines = windowsLauncher(what, folders).split('\r\n');
    assert.equal(lines[0], '@echo off');
    assert.ok(
      lines.includes(String.raw`set "runtime=%LOCALAPPDATA%\Programs\Microsoft VS Code\Code.exe"`),
      lines.join('\n'),
    );
    assert.ok(
      lines.includes(String.raw`set "cli=%USERPROFILE%\.vscode\extensions\100%% lockstep\dist\cli.js"`),
    );
    assert.ok(lines.indexOf('set ELECTRON_RUN_AS_NODE=1') < lines.indexOf('"%runtime%" "%cli%" %*'));
    assert.ok(lines.every((line) => !line.includes('\n')));
  });

  it('names paths as they are where they are elsewhere', () => {
    const text = windowsLauncher({ ...what, runtime: String.raw`D:\Code\Code.exe` }, folders);
    assert.match(text, /set "runtime=D:\\Code\\Code\.exe"\r\n/);
  });

  it('works on the store of the settings unless another is named', () => {
    const text = windowsLauncher({ ...what, home: String.raw`D:\store` }, folders);
    assert.match(text, /if not defined LOCKSTEP_HOME set "LOCKSTEP_HOME=D:\\store"\r\n/);
  });
});

describe('a launcher that is read again', () => {
  it('tells what it starts, in either form', () => {
    fc.assert(
      fc.property(
        fc.record(
          { version: fc.string(), runtime: fc.string(), cli: fc.string(), home: fc.string() },
          { noNullPrototype: true },
        ),
        (what) => {
          assert.deepEqual(readLauncher(posixLauncher(what)), what);
          assert.deepEqual(readLauncher(windowsLauncher(what, {})), what);
        },
      ),
    );
  });

  it('is none where the file is of somebody else', () => {
    for (const text of [
      '',
      '#!/bin/sh\nexec lockstep-launcher "$@"\n',
      '# lockstep-launcher {"version":1}\n',
      '# lockstep-launcher {not json\n',
      'echo "# lockstep-launcher {}"',
    ]) {
      assert.equal(readLauncher(text), undefined, text);
    }
  });
});

describe('a launcher', () => {
  const found: Launched = { version: '1.2.10', runtime: '/node', cli: '/ext-1.2.10/cli.js' };
  const all = () => true;

  it('stays as it is while it works', () => {
    assert.equal(isOutOfDate(found, found, all), false);
  });

  it('is written anew when what it starts is gone', () => {
    const wanted = { ...found, cli: '/other/cli.js' };
    assert.equal(
      isOutOfDate(found, wanted, (path) => path !== found.cli),
      true,
    );
    assert.equal(
      isOutOfDate(found, wanted, (path) => path !== found.runtime),
      true,
    );
  });

  it('is written anew by the extension that wrote it, when its runtime or store is another', () => {
    assert.equal(isOutOfDate(found, { ...found, runtime: '/node25' }, all), true);
    assert.equal(isOutOfDate(found, { ...found, home: '/store' }, all), true);
    assert.equal(isOutOfDate({ ...found, home: '/store' }, found, all), true);
  });

  it('is written anew by a newer version, and left alone by an older or equal one of another VS Code', () => {
    const by = (version: string) =>
      isOutOfDate(found, { ...found, version, cli: `/other-${version}/cli.js` }, all);
    assert.equal(by('1.3.0'), true);
    assert.equal(by('1.2.11'), true);
    assert.equal(by('1.2.10'), false);
    assert.equal(by('1.2.9'), false);
  });
});
