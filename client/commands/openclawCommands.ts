import * as vscode from 'vscode';
import {
  sessionsCompact,
  sessionsDelete,
  sessionsPatch,
  sessionsReset,
} from '../../server/protocol/openclawWriteMethods.ts';
import { Commands, Views } from '../ids.ts';
import { countLines } from '../services/lineCount.ts';
import { wireOf } from '../services/notifications.ts';
import {
  isChangeable,
  isDeletable,
  isSameRow,
  readRow,
  sourceOf,
  transcriptOf,
  type OpenclawSession,
} from '../services/openclawSessions.ts';
import { plainText } from '../services/plainText.ts';
import type { Call } from '../services/call.ts';
import { changesOf, isNothing, type OpenclawAct, type PlannedSession } from '../views/openclawPreview.ts';
import type { Reports } from '../views/reports.ts';
import type { CommandHandler } from './commandTable.ts';
import { commandOf, offerCommands } from './openclawCommandMessage.ts';
import { askLabel, askLines } from './openclawInput.ts';
import { agreesTo, agreesToRename, doneText, type Left } from './openclawMessages.ts';
import { targetOpenclaw, type Eligible } from './openclawTarget.ts';
import type { Targets } from './target.ts';

export interface OpenclawParts {
  readonly call: Call;
  readonly reports: Reports;
  readonly targets: Targets;
  readonly reportError: (error: unknown) => Promise<void>;
}

/** What changes sessions of OpenClaw's file era: each a preview, a question, and then OpenClaw's own method. */
export function openclawCommands(parts: OpenclawParts): Record<string, CommandHandler> {
  const { call, targets, reportError } = parts;

  const act = async (
    chosen: OpenclawAct | (() => Promise<OpenclawAct | undefined>),
    options: { readonly title: string; readonly eligible: Eligible },
    argument: unknown,
    selected: readonly unknown[] | undefined,
  ): Promise<void> => {
    const sessions = await targetOpenclaw(argument, selected, targets, { ...options, many: true });
    if (sessions.length === 0) return;
    const wanted = typeof chosen === 'function' ? await chosen() : chosen;
    if (wanted !== undefined) await new OpenclawActing(parts, wanted).run(sessions);
  };

  return {
    [Commands.renameOpenclawLabel]: async (argument, selected) => {
      const title = vscode.l10n.t('Rename Label');
      const options = { title, eligible: isChangeable, many: false };
      const [session] = await targetOpenclaw(argument, selected, targets, options);
      if (!session) return;
      const row = await readRow(call, session);
      if (row === undefined) {
        void vscode.window.showInformationMessage(vscode.l10n.t('It is gone already.'));
        return;
      }
      const label = await askLabel(title, row.label);
      if (label === undefined || label === (row.label ?? null)) return;
      if (!(await agreesToRename(session, row.label, label))) return;
      const { key } = session.openclaw;
      // A session that is gone would begin anew with its label.
      const now = await readRow(call, session);
      if (now?.label !== row.label || now?.sessionId !== row.sessionId) {
        void vscode.window.showWarningMessage(vscode.l10n.t('It was changed meanwhile.'));
        return;
      }
      try {
        await call(sessionsPatch, { source: sourceOf(session), key, label });
      } catch (error) {
        const command = commandOf(error);
        if (command === undefined) throw error;
        // Not awaited: the command is done; the message stays as long as it likes.
        void offerCommands(wireOf(error).message, [command]).catch(reportError);
      }
    },

    [Commands.resetOpenclawSessions]: (argument, selected) => {
      const title = vscode.l10n.t('Reset OpenClaw Session');
      return act({ kind: 'reset' }, { title, eligible: isChangeable }, argument, selected);
    },

    [Commands.compactOpenclawSessions]: (argument, selected) => {
      const title = vscode.l10n.t('Compact OpenClaw Session');
      const ask = async (): Promise<OpenclawAct | undefined> => {
        const maxLines = await askLines(title);
        return maxLines === undefined ? undefined : { kind: 'compact', maxLines };
      };
      return act(ask, { title, eligible: isChangeable }, argument, selected);
    },

    [Commands.deleteOpenclawSessions]: (argument, selected) => {
      const title = vscode.l10n.t('Delete OpenClaw Session');
      return act({ kind: 'delete' }, { title, eligible: isDeletable }, argument, selected);
    },
  };
}

/** One act on the sessions that a command is for. */
class OpenclawActing {
  readonly #parts: OpenclawParts;
  readonly #act: OpenclawAct;

  constructor(parts: OpenclawParts, act: OpenclawAct) {
    this.#parts = parts;
    this.#act = act;
  }

  async run(sessions: readonly OpenclawSession[]): Promise<void> {
    const planned = await vscode.window.withProgress({ location: { viewId: Views.sessions } }, () =>
      this.#plan(sessions),
    );
    if (planned.length === 0) {
      void vscode.window.showInformationMessage(vscode.l10n.t('It is gone already.'));
      return;
    }
    const [only] = planned.length === 1 ? planned : [];
    if (only && isNothing(this.#act, only)) {
      void vscode.window.showInformationMessage(plainText(changesOf(this.#act, only).join(' ')));
      return;
    }
    if (!(await agreesTo(this.#act, planned, this.#parts.reports))) return;
    const archived: string[] = [];
    const left: Left[] = [];
    const done: PlannedSession[] = [];
    await vscode.window.withProgress({ location: { viewId: Views.sessions } }, async () => {
      for (const one of planned) {
        const { title } = one.session;
        try {
          const outcome = await this.#do(one);
          if ('reason' in outcome) {
            left.push({ title, reason: outcome.reason });
            continue;
          }
          archived.push(...outcome.archived);
          done.push(one);
        } catch (error) {
          left.push({ title, reason: wireOf(error).message, error, command: commandOf(error) });
        }
      }
    });
    // Not awaited: the command is done; the message stays as long as it likes.
    void this.#tell(done, archived, left).catch(this.#parts.reportError);
  }

  async #plan(sessions: readonly OpenclawSession[]): Promise<PlannedSession[]> {
    const { call, targets } = this.#parts;
    const planned: PlannedSession[] = [];
    for (const session of sessions) {
      const row = await readRow(call, session);
      if (row === undefined) continue;
      const transcript = this.#act.kind === 'compact' ? transcriptOf(session) : undefined;
      planned.push({
        session,
        row,
        lines: transcript === undefined ? undefined : await countLines(transcript),
        children: targets.sources.children(session.ref).length,
      });
    }
    return planned;
  }

  /** The paths of what was put aside, or why there was nothing done. @throws CallError */
  async #do({ session, row }: PlannedSession): Promise<{ archived: readonly string[] } | { reason: string }> {
    const { call } = this.#parts;
    const params = { source: sourceOf(session), key: session.openclaw.key };
    if (!isSameRow(row, await readRow(call, session)))
      return { reason: vscode.l10n.t('It was changed meanwhile.') };
    switch (this.#act.kind) {
      case 'reset':
        return call(sessionsReset, { ...params, reason: 'reset' });
      case 'compact': {
        const { maxLines } = this.#act;
        const { compacted, archived } = await call(sessionsCompact, { ...params, maxLines });
        if (!compacted) return { reason: vscode.l10n.t('There was nothing to do.') };
        return { archived: archived === undefined ? [] : [archived] };
      }
      case 'delete': {
        // The server looks once more, under its locks.
        const { deleted, archived } = await call(sessionsDelete, {
          ...params,
          ...(row.sessionId === undefined ? {} : { expectedSessionId: row.sessionId }),
          ...(row.updatedAt === null ? {} : { expectedSessionUpdatedAt: row.updatedAt }),
        });
        return deleted ? { archived } : { reason: vscode.l10n.t('It is gone already.') };
      }
    }
  }

  async #tell(
    done: readonly PlannedSession[],
    archived: readonly string[],
    left: readonly Left[],
  ): Promise<void> {
    const commands = left.flatMap(({ command }) => command ?? []);
    const [first] = left;
    if (first !== undefined && done.length === 0) {
      // All for the same reason: a gateway runs.
      if (left.length === commands.length) return offerCommands(first.reason, commands);
      if (left.length === 1 && first.error !== undefined) return this.#parts.reportError(first.error);
    }
    const text = doneText(this.#act, done, archived, left);
    if (commands.length > 0) await offerCommands(text, commands);
    else if (left.length > 0) await vscode.window.showWarningMessage(plainText(text));
    else await vscode.window.showInformationMessage(plainText(text));
  }
}
