import * as vscode from 'vscode';
import type { Run, RunQuestion } from '../../server/protocol/workflowMethods.ts';
import { Commands } from '../ids.ts';
import { listText, plainText } from '../services/plainText.ts';
import type { RunNews } from '../services/runNews.ts';
import { OWN_REF } from '../services/sessionHeaders.ts';
import { parkedText } from './runWords.ts';

/** A notification has room for no more buttons than these. */
const MOST_BUTTONS = 3;

export interface RunMessagesParts {
  readonly answer: (run: string, question: string, option: string) => Promise<void>;
  readonly onError: (error: unknown) => void;
}

/** Shows what a run has come to, with what a person can do about it. Resolves when the message is gone. */
export async function tellRunNews(news: RunNews, { answer, onError }: RunMessagesParts): Promise<void> {
  try {
    const { id } = news.run;
    switch (news.kind) {
      case 'asks':
        return await tellQuestion(news.run.name, news.question, {
          choose: (option) => answer(id, news.question.id, option),
          more: () => run(Commands.answerRun, id),
        });
      case 'parked': {
        const goOn =
          news.parkedFor.reason === 'gate' ? vscode.l10n.t('Continue') : vscode.l10n.t('Continue…');
        const message = parkedText(news.run.name, news.parkedFor);
        const picked = await vscode.window.showWarningMessage(plainText(message), goOn, show());
        if (picked === goOn) await run(Commands.continueRun, id);
        if (picked === show()) await run(Commands.showRun, id);
        return;
      }
      case 'interrupted': {
        const { run: its, error } = news;
        const resume = vscode.l10n.t('Resume');
        const message = vscode.l10n.t(
          'The run of "{0}" was interrupted: {1}',
          listText(its.name),
          short(error),
        );
        const picked = await vscode.window.showErrorMessage(plainText(message), resume, show());
        if (picked === resume) await run(Commands.resumeRun, id);
        if (picked === show()) await run(Commands.showRun, id);
        return;
      }
      case 'failed': {
        const { name, error } = news.run;
        const why = error === undefined ? vscode.l10n.t('its steps tell why.') : short(error);
        const message = vscode.l10n.t('The run of "{0}" failed: {1}', listText(name), why);
        const open = vscode.l10n.t('Open Transcript');
        const picked = await vscode.window.showErrorMessage(plainText(message), show(), open);
        if (picked === show()) await run(Commands.showRun, id);
        if (picked === open)
          await vscode.commands.executeCommand(Commands.openTranscript, failedPlace(news.run));
        return;
      }
      case 'completed': {
        const { name, iterations } = news.run;
        const message =
          iterations === 1
            ? vscode.l10n.t('The run of "{0}" is completed, after 1 iteration.', listText(name))
            : vscode.l10n.t(
                'The run of "{0}" is completed, after {1} iterations.',
                listText(name),
                iterations,
              );
        const picked = await vscode.window.showInformationMessage(plainText(message), show());
        if (picked === show()) await run(Commands.showRun, id);
        return;
      }
    }
  } catch (error) {
    onError(error);
  }
}

interface Answers {
  readonly choose: (option: string) => Promise<void>;
  /** Where there are more options than buttons. */
  readonly more: () => Promise<void>;
}

async function tellQuestion(name: string, question: RunQuestion, { choose, more }: Answers): Promise<void> {
  const { step, title, options } = question;
  const message = vscode.l10n.t('Step "{0}" of "{1}" asks: {2}', step, listText(name), short(title));
  const buttons =
    options.length > MOST_BUTTONS || options.length === 0
      ? [{ title: vscode.l10n.t('Answer…'), act: more }]
      : options.map((option) => ({ title: listText(option.name), act: () => choose(option.id) }));
  const picked = await vscode.window.showWarningMessage(plainText(message), ...buttons);
  await picked?.act();
}

/** The transcript that tells why a run failed: that of the step that did. */
function failedPlace({ id, steps }: Run): { ref: string } {
  const failed = steps.find(({ status, session }) => status === 'failed' && session !== undefined);
  return { ref: OWN_REF + (failed?.session ?? id) };
}

function show(): string {
  return vscode.l10n.t('Show Run');
}

async function run(command: string, id: string): Promise<void> {
  await vscode.commands.executeCommand(command, id);
}

function short(text: string): string {
  const line = listText(text).trim();
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
