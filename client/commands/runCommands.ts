import * as vscode from 'vscode';
import {
  runsAnswer,
  runsContinue,
  runsPause,
  runsStop,
  type Run,
  type RunQuestion,
} from '../../server/protocol/workflowMethods.ts';
import { Commands } from '../ids.ts';
import { listText, oneLine, plainText } from '../services/plainText.ts';
import { OWN_REF } from '../services/sessionHeaders.ts';
import { canAnswer, canContinue, canPause, canResume, canStop, isAtWork } from '../services/runStates.ts';
import { optionText } from '../views/runWords.ts';
import type { CommandHandler } from './commandTable.ts';
import { askContinuation } from './continueInput.ts';
import { inTrust } from './restricted.ts';
import { targetRun, workflowNode, type RunTargets } from './runTarget.ts';

/** The commands on runs. They call the server; the views follow the store. */
export function runCommands(targets: RunTargets): Record<string, CommandHandler> {
  const { call, runs, tree } = targets;

  const goOn = async (run: Run, argument: unknown, title: string): Promise<void> => {
    const node = workflowNode(argument, tree);
    const step = node?.type === 'runStep' ? run.steps.find(({ id }) => id === node.step.id) : undefined;
    const more = await askContinuation(run, step, title);
    if (more !== undefined) await call(runsContinue, { id: run.id, ...more });
  };

  return {
    [Commands.pauseRun]: inTrust(async (argument) => {
      const run = await targetRun(argument, targets, vscode.l10n.t('Pause Run'), canPause);
      if (run) await call(runsPause, { id: run.id });
    }),

    [Commands.resumeRun]: inTrust(async (argument) => {
      const title = vscode.l10n.t('Resume Run');
      const run = await targetRun(
        argument,
        targets,
        title,
        (candidate) => canResume(candidate) || candidate.status === 'parked',
      );
      if (!run) return;
      // One that is parked needs more than to be told.
      if (run.status === 'parked') await goOn(run, undefined, title);
      else await call(runsContinue, { id: run.id });
    }),

    [Commands.continueRun]: inTrust(async (argument) => {
      const title = vscode.l10n.t('Continue Run');
      const run = await targetRun(argument, targets, title, canContinue);
      if (run) await goOn(run, argument, title);
    }),

    [Commands.stopRun]: inTrust(async (argument) => {
      const run = await targetRun(argument, targets, vscode.l10n.t('Stop Run'), canStop);
      if (!run) return;
      const stop = vscode.l10n.t('Stop');
      const final = vscode.l10n.t(
        'This is final: a stopped run cannot go on. What its steps have said is kept.',
      );
      const inFlight = vscode.l10n.t('Its agents are told to end, and are ended where they do not.');
      const answer = await vscode.window.showWarningMessage(
        vscode.l10n.t('Stop the run of "{0}"?', oneLine(run.name)),
        { modal: true, detail: isAtWork(run) ? `${inFlight} ${final}` : final },
        stop,
      );
      if (answer === stop) await call(runsStop, { id: run.id });
    }),

    [Commands.answerRun]: inTrust(async (argument) => {
      const title = vscode.l10n.t('Answer Question');
      const run = await targetRun(argument, targets, title, canAnswer);
      if (!run) return;
      const node = workflowNode(argument, tree);
      const step = node?.type === 'runStep' ? node.step.id : undefined;
      const questions = run.questions.filter((question) => step === undefined || question.step === step);
      const question = await pickQuestion(questions, title);
      if (!question) return;
      const option = await pickOption(question, title);
      if (option === undefined) return;
      await call(runsAnswer, {
        id: run.id,
        question: question.id,
        ...(option.id === undefined ? {} : { option: option.id }),
      });
    }),

    [Commands.showRun]: async (argument) => {
      const run = await targetRun(argument, targets, vscode.l10n.t('Show Run'), () => true);
      if (!run || (await tree.reveal(run.id))) return;
      // It has no row here. What it has done can be read all the same.
      await vscode.commands.executeCommand(Commands.openTranscript, { ref: OWN_REF + run.id });
    },

    [Commands.copyRunId]: async (argument) => {
      const run = await targetRun(argument, targets, vscode.l10n.t('Copy Run Id'), () => true);
      if (run) await vscode.env.clipboard.writeText(run.id);
    },

    [Commands.showMoreRuns]: async (argument) => {
      const node = workflowNode(argument, tree);
      if (runs.canShowMore) await runs.showMore();
      if (node?.type === 'moreRuns') tree.showMore(node.parent);
    },
  };
}

/** One question, which is the rule, is not asked for. */
async function pickQuestion(
  questions: readonly RunQuestion[],
  title: string,
): Promise<RunQuestion | undefined> {
  const [first] = questions;
  if (first === undefined) {
    void vscode.window.showInformationMessage(vscode.l10n.t('The question is not open any more.'));
    return undefined;
  }
  if (questions.length === 1) return first;
  const picked = await vscode.window.showQuickPick(
    questions.map((question) => ({ label: listText(question.title), description: question.step, question })),
    { title, placeHolder: vscode.l10n.t('Choose a question') },
  );
  return picked?.question;
}

async function pickOption(
  { title: asked, step, options }: RunQuestion,
  title: string,
): Promise<{ readonly id: string | undefined } | undefined> {
  // An agent calls its options what it likes; what they do is told beside that.
  const offered = options.map(({ id, name, kind }) => ({
    label: listText(name),
    description: optionText(kind),
    iconPath: new vscode.ThemeIcon(kind.startsWith('allow') ? 'check' : 'close'),
    id,
  }));
  // An agent that offers no way to say no is to hear it all the same.
  const refuse = { label: vscode.l10n.t('Refuse'), iconPath: new vscode.ThemeIcon('close'), id: undefined };
  const hasNo = options.some(({ kind }) => kind.startsWith('reject'));
  return vscode.window.showQuickPick<vscode.QuickPickItem & { readonly id: string | undefined }>(
    hasNo ? offered : [...offered, refuse],
    {
      title: `${title}: ${step}`,
      // All of it: a placeholder would be cut at the width of the box.
      prompt: plainText(listText(asked)),
      placeHolder: vscode.l10n.t('Choose an answer'),
      ignoreFocusOut: true,
    },
  );
}
