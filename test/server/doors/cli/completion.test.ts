import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { findOnPath } from '../../../../scripts/host/findOnPath.ts';
import { commands } from '../../../../server/doors/cli/commands.ts';
import { session } from '../../../../server/protocol/session.ts';
import { shellWord } from '../../../../server/doors/cli/text.ts';
import { installCommand } from './builtCommand.ts';
import { newCli } from './inProcess.ts';

/** A shell that finds `lockstep` on its PATH, in a folder with a file and a folder in it. */
async function newShell(t: TestContext, shell: string) {
  const { home, ok, start, server } = await newCli(t);
  const script = join(home, `completion.${shell}`);
  await writeFile(script, `${await ok(['completion', shell])}\n`);
  await installCommand(home);
  const folder = join(home, 'work');
  await mkdir(join(folder, 'some folder'), { recursive: true });
  await writeFile(join(folder, 'some.jsonl'), '');
  async function run(commandLine: string, ...args: string[]): Promise<string> {
    const path = `${home}${delimiter}${process.env['PATH']}`;
    const child = spawn(shell, [...args, '-c', commandLine], {
      cwd: folder,
      env: { ...process.env, HOME: home, PATH: path, LOCKSTEP_HOME: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await once(child, 'close');
    return said.trimEnd();
  }
  return { home, ok, start, script, run, server };
}

describe('completion', () => {
  it('in bash offers commands, options, values, sessions and files', async (t) => {
    const { home, script, run, ok, start, server } = await newShell(t, 'bash');
    const id = await start('Fix it', '--label', 'login-fix');
    const removed = await start('Gone', '--label', 'gone');
    await ok(['rm', removed]);
    const newRun = async (): Promise<string> => {
      const started = await server.registry.call('sessions.start', {
        task: 'Run it',
        mode: 'workflow',
        kind: 'workflow',
      });
      assert.ok(started.ok);
      return session.parse(started.result).id;
    };
    // Labels are anybody's: neither may be run, nor offered where a shell would have to quote it.
    await start('Evil', '--label', `$(touch ${home}/pwned)`);
    await start('Evil', '--label', '`id`; ls');
    const complete = async (...typed: string[]): Promise<string[]> => {
      const line = `source ${shellWord(script)}; COMP_WORDS=(${['lockstep', ...typed].map(shellWord).join(' ')}); COMP_CWORD=${typed.length}; _lockstep; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return (await run(line, '--norc')).split('\n');
    };
    assert.deepEqual(
      await complete(''),
      [...commands.map(({ name }) => name), 'help', '--help', '--version'],
      'every command',
    );
    assert.deepEqual(await complete('co'), ['complete', 'context', 'completion']);
    assert.deepEqual(await complete('help', 'wit'), ['with-lease']);
    assert.deepEqual(await complete('resume', '--'), ['--add', '--more', '--reason', '--json', '--help']);
    assert.deepEqual(await complete('list', '--status', 'pa'), ['paused']);
    assert.deepEqual(await complete('export', '-f', ''), ['jsonl', 'markdown']);
    assert.deepEqual(await complete('completion', ''), ['bash', 'zsh', 'fish']);
    assert.deepEqual(await complete('show', 'lo'), ['login-fix']);
    assert.deepEqual(await complete('show', id.slice(0, 16)), [id]);
    assert.deepEqual(await complete('rm', '$'), ['']);
    assert.deepEqual((await complete('rm', '')).length, 4, 'three ids and the one plain label');
    assert.deepEqual(await complete('restore', 'g'), ['gone']);
    assert.deepEqual((await complete('import', 'some')).sort(), ['some folder', 'some.jsonl']);
    assert.deepEqual((await complete('run', 'some.')).sort(), ['some.jsonl']);
    const runId = await newRun();
    assert.deepEqual(await complete('stop', ''), [runId], 'of all sessions, runs alone');
    assert.deepEqual(await complete('start', '-w', 'some'), ['some folder']);
    assert.deepEqual(await complete('call', 'sessions.u'), [
      'sessions.update',
      'sessions.unarchive',
      'sessions.updateContext',
    ]);
    assert.ok((await complete('with-lease', 'login-fix', '--', 'prin')).includes('printf'));
    assert.equal(await run(`test -e ${home}/pwned; echo $?`), '1');
  });

  it('in zsh offers commands and sessions', async (t) => {
    if ((await findOnPath(['zsh'])) === undefined) return t.diagnostic('no zsh here: its script was not run');
    const { script, run, start } = await newShell(t, 'zsh');
    await start('Fix it', '--label', 'login-fix');
    // compadd works within completion alone: here it prints what it was given.
    const stub =
      'compdef() { :; }; compadd() { print -l -- ${(P)@[-1]}; }; _describe() { print -l -- ${(P)2}; }';
    const load = `${stub}; source ${shellWord(script)}`;
    const offered = await run(`${load}; words=(lockstep ''); CURRENT=2; _lockstep`, '-f');
    for (const { name, summary } of commands) assert.ok(offered.includes(`${name}:${summary}`), name);
    const sessions = await run(`${load}; words=(lockstep lo); _lockstep_open_sessions`, '-f');
    assert.ok(sessions.split('\n').includes('login-fix'));
  });

  it('in fish offers commands, options and sessions', async (t) => {
    if ((await findOnPath(['fish'])) === undefined)
      return t.diagnostic('no fish here: its script was not run');
    const { script, run, start } = await newShell(t, 'fish');
    await start('Fix it', '--label', 'login-fix');
    const complete = (line: string) =>
      run(`source ${shellWord(script)}; complete -C ${shellWord(line)}`, '--no-config');
    for (const { name } of commands)
      assert.match(await complete(`lockstep ${name}`), new RegExp(`^${name}\t`, 'm'));
    assert.match(await complete('lockstep resume --'), /^--add\t/m);
    assert.match(await complete('lockstep show lo'), /^login-fix\tFix it$/m);
  });

  it('says which shells there are', async (t) => {
    const { run } = await newCli(t);
    const { code, stdout, stderr } = await run(['completion', 'tcsh']);
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /completion needs one of bash, zsh, fish/);
  });
});
