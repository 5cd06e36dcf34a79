import * as vscode from 'vscode';
import { Soon } from '../services/every.ts';
import type { SessionList } from '../services/sessionList.ts';
import { MAX_FILTER } from '../services/textFilter.ts';

/** The list follows what is typed, though not each key of it. */
const TYPING_MS = 200;

/**
 * Asks for the text that the sessions in the list are to have. The list follows while the person types. Enter keeps
 * the filter; Escape and an empty text end it. Resolves when the box is gone.
 */
export async function askFilter(list: SessionList): Promise<void> {
  const box = vscode.window.createInputBox();
  box.title = vscode.l10n.t('Filter Sessions');
  box.placeholder = vscode.l10n.t('Text in title, task, label, folder or id');
  box.prompt = vscode.l10n.t('The list follows as you type. Escape shows all sessions again.');
  box.value = list.filter;
  // A click on the list is not to end what is typed for it.
  box.ignoreFocusOut = true;
  const { promise, resolve } = Promise.withResolvers<string>();
  const tooLong = () => box.value.trim().length > MAX_FILTER;
  // What fails is shown in the list: it is the model's last call.
  const follow = new Soon(TYPING_MS, () => {
    if (!tooLong()) void list.filterBy(box.value);
  });
  const disposables = [
    box,
    follow,
    box.onDidChangeValue(() => {
      box.validationMessage = tooLong()
        ? vscode.l10n.t('Too long: at most {0} characters.', MAX_FILTER)
        : undefined;
      follow.ask();
    }),
    box.onDidAccept(() => {
      if (!tooLong()) resolve(box.value);
    }),
    box.onDidHide(() => resolve('')),
  ];
  box.show();
  const text = await promise;
  for (const disposable of disposables) disposable.dispose();
  await list.filterBy(text);
}
