import { resolve } from 'node:path';
import { storeBackup, storeBackups, storeRecover, type StoreRecovery } from '../../protocol/storeMethods.ts';
import { UsageError } from './commandError.ts';
import { defineCommand, option } from './commandSpec.ts';
import { flag, words } from './optionValues.ts';
import { facts, table } from './table.ts';
import { bytes, counted, localTime, number, oneLine } from './text.ts';

export const backup = defineCommand({
  name: 'backup',
  group: 'Keep and clean',
  summary: 'Write a backup of the whole store, and print where it is',
  details:
    'A backup is a store itself, complete and closed. One is written each day anyway, and kept for a week; those of this command stay until you delete them.',
  arguments: [
    {
      name: '[file]',
      description: 'a file that does not exist; in the folder of the backups if unset',
      completes: 'file',
    },
  ],
  options: { list: option('--list', 'list the backups, and write none', flag) },
  examples: [
    { line: 'lockstep backup', words: 'beside the daily ones' },
    { line: 'lockstep backup /mnt/usb/lockstep.db', words: 'somewhere else' },
    { line: 'lockstep backup --list', words: 'what there is' },
  ],
  async run(context, [file], { list }) {
    if (list) {
      if (file !== undefined) throw new UsageError('backup --list takes no file');
      const result = await context.call(storeBackups, {});
      const lines = table(
        [
          { heading: 'MADE', cell: ({ madeAt }) => localTime(madeAt) },
          { heading: 'KIND', cell: ({ kind }) => kind },
          { heading: 'SIZE', cell: (one) => bytes(one.bytes), align: 'right' },
          { heading: 'FILE', cell: ({ path }) => path },
        ],
        result.backups,
        // A path that is cut is of no use.
        undefined,
        (text) => context.style('bold', text),
      );
      await context.answer(result, () => (result.backups.length === 0 ? [] : lines));
      if (!context.json && result.backups.length === 0)
        context.say(`There are no backups in ${result.folder} yet. Make one: lockstep backup`);
      return;
    }
    const result = await context.call(storeBackup, file === undefined ? {} : { to: resolve(file) });
    await context.answer(result, () => [result.path]);
    context.remark(`Backup written, ${bytes(result.bytes)}.`);
  },
});

export const recover = defineCommand({
  name: 'recover',
  group: 'Keep and clean',
  summary: 'Save what is readable of a damaged store, or of a backup',
  details:
    'Tells what would be saved; with --apply, that becomes the store. The file that was the store is kept, never deleted.',
  options: {
    from: option('--from <file>', 'a backup, or a damaged copy; the store if unset', words, {
      completes: 'file',
    }),
    apply: option('--apply', 'do it', flag),
  },
  examples: [
    { line: 'lockstep recover', words: 'what would be saved' },
    { line: 'lockstep recover --apply', words: 'make it the store' },
    { line: 'lockstep recover --from ~/backups/lockstep.db --apply', words: 'go back to a backup' },
  ],
  async run(context, _, { from, apply }) {
    const source = from === undefined ? {} : { from: resolve(from) };
    const plan = await context.call(storeRecover, source);
    const result = apply
      ? await context.call(storeRecover, { ...source, dryRun: false, fingerprint: plan.fingerprint })
      : plan;
    await context.answer(result, () => recoveryInWords(result, context.terminal?.columns));
    if (context.json) return;
    if (!apply)
      context.say(
        `Nothing was changed. To make this the store: lockstep recover ${from === undefined ? '' : `--from ${from} `}--apply`,
      );
    else if (result.applied)
      context.say('This is the store now. Look at it with lockstep doctor --integrity.');
  },
});

function recoveryInWords(
  { from, kept, sessions, events, pages, problems }: StoreRecovery,
  columns: number | undefined,
): string[] {
  const eventWords = [
    number(events.saved),
    ...(events.damaged === 0 ? [] : [`${number(events.damaged)} of them damaged, kept as text`]),
    ...(events.lost === 0 ? [] : [`${number(events.lost)} lost; a note stands in their place`]),
  ];
  const rebuilt =
    sessions.rebuilt === 0 ? '' : `, ${number(sessions.rebuilt)} of them made anew from their events`;
  return [
    ...facts(
      [
        { name: 'read from', value: from },
        { name: 'sessions', value: `${number(sessions.saved)}${rebuilt}` },
        { name: 'events', value: eventWords.join(', ') },
        { name: 'unreadable', value: `${number(pages.unreadable)} of ${counted(pages.total, 'page')}` },
        { name: 'kept', value: kept },
      ],
      columns,
    ),
    ...(problems.length === 0
      ? []
      : ['', 'Problems:', ...problems.map((problem) => `  ${oneLine(problem)}`)]),
  ];
}
