import * as vscode from 'vscode';
import { Commands, GroupingCommands, SortingCommands } from '../ids.ts';
import { grouping, sorting, type Grouping, type Sorting } from '../services/listChoices.ts';
import type { ListOrder } from '../services/listOrder.ts';
import type { Pins } from '../services/pins.ts';
import type { SessionList } from '../services/sessionList.ts';
import type { CommandHandler } from './commandTable.ts';
import { askFilter } from './filterInput.ts';
import { targetRefs, type Targets } from './target.ts';

export interface ListParts {
  readonly list: SessionList;
  readonly order: ListOrder;
  readonly pins: Pins;
  readonly targets: Targets;
}

/** The commands on what the list shows and in which order. None of them changes a session. */
export function listCommands({ list, order, pins, targets }: ListParts): Record<string, CommandHandler> {
  const choices: Record<string, CommandHandler> = {};
  for (const option of grouping.options) {
    const { choose, chosen } = GroupingCommands[option];
    choices[choose] = choices[chosen] = () => order.groupBy(option);
  }
  for (const option of sorting.options) {
    const { choose, chosen } = SortingCommands[option];
    choices[choose] = choices[chosen] = () => order.sortBy(option);
  }
  return {
    ...choices,

    [Commands.filterSessions]: () => askFilter(list),
    [Commands.clearFilter]: () => list.filterBy(''),

    [Commands.groupSessions]: async () => {
      const title = vscode.l10n.t('Group Sessions By');
      const picked = await pickChoice(title, grouping.options, groupingLabel, order.grouping);
      if (picked !== undefined) await order.groupBy(picked);
    },
    [Commands.sortSessions]: async () => {
      const title = vscode.l10n.t('Sort Sessions By');
      const picked = await pickChoice(title, sorting.options, sortingLabel, order.sorting);
      if (picked !== undefined) await order.sortBy(picked);
    },

    [Commands.pinSession]: async (argument, selected) => {
      const title = vscode.l10n.t('Pin Session');
      const refs = await targetRefs(argument, selected, targets, title, (ref) => !pins.refs.has(ref));
      const { store } = targets.sessions;
      await pins.add(refs.map((ref) => ({ ref, ...(store === undefined ? {} : { store }) })));
    },
    [Commands.unpinSession]: async (argument, selected) => {
      const title = vscode.l10n.t('Unpin Session');
      const refs = await targetRefs(argument, selected, targets, title, (ref) => pins.refs.has(ref));
      await pins.remove(refs);
    },
  };
}

async function pickChoice<T extends string>(
  title: string,
  options: readonly T[],
  labelOf: (option: T) => string,
  current: T,
): Promise<T | undefined> {
  const items = options.map((option) => ({
    label: labelOf(option),
    ...(option === current ? { description: vscode.l10n.t('current') } : {}),
    option,
  }));
  const picked = await vscode.window.showQuickPick(items, { title });
  return picked?.option;
}

function groupingLabel(by: Grouping): string {
  switch (by) {
    case 'status':
      return vscode.l10n.t('Status');
    case 'source':
      return vscode.l10n.t('Source');
    case 'workspace':
      return vscode.l10n.t('Workspace');
    case 'kind':
      return vscode.l10n.t('Kind');
  }
}

function sortingLabel(by: Sorting): string {
  switch (by) {
    case 'changed':
      return vscode.l10n.t('Last Changed');
    case 'started':
      return vscode.l10n.t('Started');
    case 'title':
      return vscode.l10n.t('Title');
  }
}
