import * as vscode from 'vscode';
import type { Run, RunQuestion } from '../../server/protocol/workflowMethods.ts';
import { Commands, Views } from '../ids.ts';
import { listText, plainText } from '../services/plainText.ts';
import { newsOf, type RunNews } from '../services/runNews.ts';
import { proposedIterations } from '../services/runStates.ts';
import { OWN_REF } from '../services/sessionHeaders.ts';
import { optionText, parkedText, runStateText, runStatusLabel } from './runWords.ts';

/** A notification has room for no more buttons than these. */
const MOST_BUTTONS = 3;
/** What is longer is not to be agreed to without having been read. */
const MOST_CHARACTERS = 300;

export interface RunMessagesParts {
  /** A run as it is now. */
  readonly current: (run: string) => Promise<Run>;
  readonly answer: (run: string, question: string, option: string) => Promise<void>;
  /** `step`: the one that has run out of them, where it is not the run itself. */
  readonly addIterations: (run: string, more: number, step: string | undefined) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/**
 * Shows what a run has come to, with what a person can do about it. `place` names its folder, where that is not this
 * window's. Resolves when the message is gone.
 */
export async function tellRunNews(
  news: RunNews,
  place: string | undefined,
  parts: RunMessagesParts,
): Promise<void> {
  try {
    const { title, severity, buttons } = messageOf(news, nameOf(news.run, place), parts);
    const picked = await SHOW[severity](plainText(title), ...buttons);
    if (picked === undefined) return;
    if (picked.settles !== true || (await isStillNews(news, parts))) await picked.act();
  } catch (error) {
    parts.onError(error);
  }
}

/** Tells how many runs have come to what, where there are too many for a message each. */
export async function tellManyNews(all: readonly RunNews[]): Promise<void> {
  const byStatus = Map.groupBy(all, ({ run: { status } }) => status);
  const counts = [...byStatus].map(
    ([status, { length }]) => `${length} ${runStatusLabel(status).toLowerCase()}`,
  );
  const show = vscode.l10n.t('Show Workflows');
  const message = vscode.l10n.t('{0} runs have come to rest: {1}.', all.length, counts.join(', '));
  if ((await vscode.window.showWarningMessage(message, show)) === show)
    await vscode.commands.executeCommand(`${Views.workflows}.focus`);
}

interface Button extends vscode.MessageItem {
  readonly act: () => Promise<void>;
  /** Whether it does what somebody may have done already: messages stay, and runs go on. */
  readonly settles?: true;
}

interface Message {
  readonly title: string;
  readonly severity: 'information' | 'warning' | 'error';
  readonly buttons: readonly Button[];
}

const SHOW: Readonly<
  Record<Message['severity'], (text: string, ...buttons: readonly Button[]) => Thenable<Button | undefined>>
> = {
  information: (text, ...buttons) => vscode.window.showInformationMessage(text, ...buttons),
  warning: (text, ...buttons) => vscode.window.showWarningMessage(text, ...buttons),
  error: (text, ...buttons) => vscode.window.showErrorMessage(text, ...buttons),
};

function messageOf(news: RunNews, name: string, parts: RunMessagesParts): Message {
  const { id } = news.run;
  const show: Button = { title: vscode.l10n.t('Show Run'), act: () => run(Commands.showRun, id) };
  switch (news.kind) {
    case 'asks':
      return questionMessage(news.question, name, {
        choose: (option) => parts.answer(id, news.question.id, option),
        more: () => run(Commands.answerRun, id),
      });
    case 'parked':
      return {
        title: parkedMessage(news.run, name, news.parkedFor),
        severity: 'warning',
        buttons: [...continueButtons(news.run, news.parkedFor, parts), show],
      };
    case 'interrupted': {
      const { error } = news.run;
      return {
        title:
          error === undefined
            ? vscode.l10n.t('The run of "{0}" was interrupted. It goes on when you resume it.', name)
            : vscode.l10n.t('The run of "{0}" was interrupted: {1}', name, short(error)),
        severity: error === undefined ? 'warning' : 'error',
        buttons: [
          { title: vscode.l10n.t('Resume'), act: () => run(Commands.resumeRun, id), settles: true },
          show,
        ],
      };
    }
    case 'failed': {
      const { error } = news.run;
      const why = error === undefined ? vscode.l10n.t('its steps tell why.') : short(error);
      const open = async () => {
        await vscode.commands.executeCommand(Commands.openTranscript, failedPlace(news.run));
      };
      return {
        title: vscode.l10n.t('The run of "{0}" failed: {1}', name, why),
        severity: 'error',
        buttons: [show, { title: vscode.l10n.t('Open Transcript'), act: open }],
      };
    }
    case 'completed': {
      const { iterations } = news.run;
      return {
        title:
          iterations === 1
            ? vscode.l10n.t('The run of "{0}" is completed, after 1 iteration.', name)
            : vscode.l10n.t('The run of "{0}" is completed, after {1} iterations.', name, iterations),
        severity: 'information',
        buttons: [show],
      };
    }
  }
}

/** Where that is settled, the person is told. */
async function isStillNews(
  { run: { id, name }, of, kind }: RunNews,
  { current }: RunMessagesParts,
): Promise<boolean> {
  const now = await current(id);
  if (newsOf(now).some((news) => news.of === of)) return true;
  const message =
    kind === 'asks'
      ? vscode.l10n.t('The question is not open any more.')
      : vscode.l10n.t(
          'Nothing was changed: the run of "{0}" is {1} by now.',
          listText(name),
          runStateText(now),
        );
  // Not awaited: the message stays as long as it likes.
  void vscode.window.showInformationMessage(plainText(message));
  return false;
}

function parkedMessage({ error }: Run, name: string, parkedFor: NonNullable<Run['parkedFor']>): string {
  const why = parkedText(name, parkedFor);
  // That its last iteration was cut.
  return error === undefined ? why : `${why} ${short(error)}`;
}

function continueButtons(
  its: Run,
  { reason, limit = 1, step }: NonNullable<Run['parkedFor']>,
  { addIterations }: RunMessagesParts,
): Button[] {
  const ask: Button = {
    title: vscode.l10n.t('Continue…'),
    act: () => run(Commands.continueRun, its.id),
    settles: true,
  };
  switch (reason) {
    case 'gate':
      return [{ ...ask, title: vscode.l10n.t('Continue') }];
    case 'iterations':
    case 'stepIterations': {
      const more = proposedIterations(limit, its);
      return [
        {
          title: vscode.l10n.t('Continue with {0} More', more),
          act: () => addIterations(its.id, more, reason === 'stepIterations' ? step : undefined),
          settles: true,
        },
        ask,
      ];
    }
    case 'wallClock':
    case 'tokens':
    case 'costUsd':
    case 'outputBytes':
      return [ask];
  }
}

interface Answers {
  readonly choose: (option: string) => Promise<void>;
  /** Where there is more to choose from, or to read, than there is room for. */
  readonly more: () => Promise<void>;
}

function questionMessage(
  { step, title, options }: RunQuestion,
  name: string,
  { choose, more }: Answers,
): Message {
  const isCut = listText(title).trim().length > MOST_CHARACTERS;
  const hasNo = options.some(({ kind }) => kind.startsWith('reject'));
  const buttons: Button[] =
    isCut || options.length > MOST_BUTTONS || !hasNo
      ? [{ title: vscode.l10n.t('Answer…'), act: more, settles: true }]
      : options.map((option) => ({
          title: `${listText(option.name)} (${optionText(option.kind)})`,
          act: () => choose(option.id),
          settles: true,
        }));
  return {
    title: vscode.l10n.t('Step "{0}" of "{1}" asks: {2}', step, name, short(title)),
    severity: 'warning',
    buttons,
  };
}

function nameOf({ name }: Run, place: string | undefined): string {
  return place === undefined ? listText(name) : vscode.l10n.t('{0} ({1})', listText(name), listText(place));
}

/** The transcript that tells why a run failed: that of the step that did. */
function failedPlace({ id, steps }: Run): { ref: string } {
  const failed = steps.find(({ status, session }) => status === 'failed' && session !== undefined);
  return { ref: OWN_REF + (failed?.session ?? id) };
}

async function run(command: string, id: string): Promise<void> {
  await vscode.commands.executeCommand(command, id);
}

function short(text: string): string {
  const line = listText(text).trim();
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS - 1)}…` : line;
}
