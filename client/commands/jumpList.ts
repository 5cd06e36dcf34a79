import * as vscode from 'vscode';
import type { OutlineEntry } from '../../server/protocol/transcriptMethods.ts';
import { listText } from '../services/plainText.ts';
import { outlineOf } from '../transcript/outline.ts';
import type { TranscriptCalls } from '../transcript/transcriptCalls.ts';
import { fullTime } from '../views/age.ts';

const MOST_TEXT = 200;

interface JumpItem extends vscode.QuickPickItem {
  readonly position: number;
}

/**
 * Lets the person choose an iteration, or something that they said, of a transcript; the list grows while it is read.
 * Undefined where they back out, which ends the reading, and where there is nothing to choose, which is said.
 */
export async function pickPlace(readPart: TranscriptCalls['outline']): Promise<number | undefined> {
  const picker = vscode.window.createQuickPick<JumpItem>();
  picker.title = vscode.l10n.t('Go to Iteration in Transcript');
  picker.placeholder = vscode.l10n.t('Choose an iteration or a prompt');
  picker.matchOnDescription = true;
  picker.keepScrollPosition = true;
  picker.busy = true;
  let isOpen = true;
  try {
    return await new Promise((resolve, reject) => {
      picker.onDidAccept(() => {
        const [item] = picker.selectedItems;
        if (item !== undefined) resolve(item.position);
      });
      picker.onDidHide(() => resolve(undefined));
      picker.show();
      fill(picker, readPart, () => isOpen).then((count) => {
        picker.busy = false;
        if (count > 0 || !isOpen) return;
        const message = vscode.l10n.t(
          'There is nothing to go to: the transcript has no iterations and no prompts.',
        );
        void vscode.window.showInformationMessage(message);
        resolve(undefined);
      }, reject);
    });
  } finally {
    isOpen = false;
    picker.dispose();
  }
}

/** Reads the rows; gives their number. */
async function fill(
  picker: vscode.QuickPick<JumpItem>,
  readPart: TranscriptCalls['outline'],
  isOpen: () => boolean,
): Promise<number> {
  let entries: readonly OutlineEntry[] = [];
  let shown = entries;
  for await (const known of outlineOf(readPart, isOpen)) {
    if (!isOpen()) break;
    entries = known;
    // Each time all rows go to the window anew: often enough to see them come, seldom enough for thousands.
    if (entries.length < shown.length * 1.5) continue;
    showRows(picker, entries);
    shown = entries;
  }
  if (isOpen() && shown !== entries) showRows(picker, entries);
  return entries.length;
}

/** The row that the person is on stays theirs while others come. */
function showRows(picker: vscode.QuickPick<JumpItem>, entries: readonly OutlineEntry[]): void {
  const [active] = picker.activeItems;
  picker.items = entries.map(jumpItem);
  const same =
    active && picker.items.find((item) => item.position === active.position && item.label === active.label);
  if (same) picker.activeItems = [same];
}

function jumpItem({ kind, number, text, timestamp, position }: OutlineEntry): JumpItem {
  const time = timestamp === undefined ? undefined : fullTime(timestamp);
  const words = Array.from(listText(text)).slice(0, MOST_TEXT).join('');
  if (kind === 'prompt') {
    return {
      label: words,
      ...(time === undefined ? {} : { description: time }),
      iconPath: new vscode.ThemeIcon('account'),
      position,
    };
  }
  return {
    label: number === undefined ? vscode.l10n.t('Next iteration') : vscode.l10n.t('Iteration {0}', number),
    description: [time, words].filter((part) => part !== undefined && part !== '').join(' · '),
    iconPath: new vscode.ThemeIcon('sync'),
    position,
  };
}
