import * as vscode from 'vscode';

export interface FormField {
  /** What is asked. */
  readonly prompt: string;
  readonly placeholder?: string;
  /** What stands in the box at first. */
  readonly value: string;
  /** What is wrong with a value; undefined where nothing is. */
  readonly check: (value: string) => string | undefined;
}

/**
 * Asks for one value after the other in one box, with a way back; what was typed stays. Undefined when the person backs
 * out.
 */
export async function askForm(title: string, fields: readonly FormField[]): Promise<string[] | undefined> {
  const [first] = fields;
  if (first === undefined) return [];
  const values = fields.map(({ value }) => value);
  const box = vscode.window.createInputBox();
  const { promise, resolve } = Promise.withResolvers<string[] | undefined>();
  let at = 0;
  const check = (always: boolean): boolean => {
    const problem = fields[at]?.check(box.value);
    // Nothing is said of an empty box before somebody has tried it.
    box.validationMessage = problem !== undefined && (always || box.value !== '') ? problem : undefined;
    return problem === undefined;
  };
  const show = (field: FormField) => {
    box.step = at + 1;
    box.prompt = field.prompt;
    box.placeholder = field.placeholder ?? '';
    box.value = values[at] ?? '';
    box.validationMessage = undefined;
    box.buttons = at === 0 ? [] : [vscode.QuickInputButtons.Back];
  };
  const go = (by: number) => {
    values[at] = box.value;
    const next = fields[at + by];
    if (next === undefined) return resolve(values);
    at += by;
    show(next);
  };
  const disposables = [
    box,
    box.onDidChangeValue(() => void check(false)),
    box.onDidAccept(() => {
      if (check(true)) go(1);
    }),
    box.onDidTriggerButton(() => go(-1)),
    box.onDidHide(() => resolve(undefined)),
  ];
  box.title = title;
  box.totalSteps = fields.length;
  // Values are looked up elsewhere.
  box.ignoreFocusOut = true;
  show(first);
  box.show();
  const answer = await promise;
  for (const disposable of disposables) disposable.dispose();
  return answer;
}
