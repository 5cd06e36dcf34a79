import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Command } from 'commander';
import { commands } from '../../../../server/doors/cli/commands.ts';
import { createProgram } from '../../../../server/doors/cli/program.ts';
import { cliReference, recordedReference } from '../../../../scripts/cliReference.ts';
import { newCli } from './inProcess.ts';

describe('the table of the commands', () => {
  it('tells of each what it does, of each option and argument too, and shows an example', () => {
    assert.equal(new Set(commands.map(({ name }) => name)).size, commands.length);
    for (const { name, summary, arguments: args, options, examples } of commands) {
      assert.match(summary, /^[A-Z].*[^.]$/, name);
      assert.ok(examples.length > 0, `${name} has no example`);
      for (const { line, words } of examples) {
        assert.match(
          line,
          new RegExp(`\\blockstep ${name}\\b`),
          `an example of ${name} shows another command`,
        );
        assert.notEqual(words, '');
      }
      for (const { description } of [...args, ...options]) assert.notEqual(description, '', name);
    }
  });

  it('names its options as the parser does', () => {
    const program = createProgram({
      version: '1',
      columns: 80,
      writeOut: () => undefined,
      writeErr: () => undefined,
      run: () => Promise.resolve(),
    });
    for (const { name, options } of commands) {
      const parsed = program.commands.find((command) => command.name() === name) ?? assert.fail(name);
      assert.ok(parsed instanceof Command);
      assert.deepEqual(
        parsed.options.map((option) => option.attributeName()),
        options.map((option) => option.name),
      );
    }
  });

  it('is what the page in docs/ is made of', async () => {
    assert.equal(await recordedReference(), await cliReference(), 'run: npm run cli-docs');
  });

  it('is what --help and help print, with the examples, on stdout', async (t) => {
    const { ok } = await newCli(t);
    const all = await ok(['--help']);
    for (const { name, examples } of commands) {
      assert.match(all, new RegExp(`^  ${name}\\b`, 'm'));
      const help = await ok([name, '--help']);
      assert.equal(await ok(['help', name]), help);
      assert.match(help, new RegExp(`^Usage: lockstep ${name}\\b`));
      for (const { line } of examples) assert.ok(help.includes(`  ${line}\n`), `${name}: ${line}`);
    }
  });

  it('says in words what is wrong with a line, and where to read on', async (t) => {
    const { run } = await newCli(t);
    for (const [args, words] of [
      [['help', 'dance'], /^lockstep: there is no command dance\nSee lockstep --help\.\n$/],
      [['stast'], /there is no command stast\n\(Did you mean one of start, stats\?\)/],
      [['list', '--statu', 'active'], /unknown option '--statu'\n\(Did you mean --status\?\)/],
      [
        ['list', '--limit'],
        /^lockstep: --limit needs a count\nSee lockstep --help, and lockstep list --help\.\n$/,
      ],
      [['start'], /start needs a task; quote it/],
      [['start', ' '], /start needs a task that says something/],
      [['start', 'Fix', 'it'], /start takes one task; quote it/],
      [['show', 'a', 'b'], /show takes one argument; quote what belongs together/],
      [['rm'], /rm needs one session or more/],
      [['iterate', 'a', '--outcome', 'x'], /--outcome goes with --end/],
      [['iterate', ''], /the session has no name/],
      [['fail', 'a'], /fail needs a session, and why it failed/],
      [['backup', '--list', 'x'], /backup --list takes no file/],
    ] as const) {
      const { code, stdout, stderr } = await run(args);
      assert.deepEqual([code, stdout], [2, ''], args.join(' '));
      assert.match(stderr, words);
    }
  });
});
