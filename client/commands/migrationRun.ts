import * as vscode from 'vscode';
import type { MigrationSummary } from '../../server/protocol/migrationMethods.ts';
import { plainText } from '../services/plainText.ts';
import type { Call } from '../services/call.ts';
import {
  applyAll,
  planAll,
  previewRestore,
  restoreAll,
  withLeftOut,
  type Applied,
  type MigrationPlan,
  type MigrationRequest,
  type MigrationStep,
  type Onlooker,
  type Restored,
} from '../services/migrationSteps.ts';
import { fullCount } from '../views/age.ts';
import { planReport, restoredReport, restorePlanReport, resultReport } from '../views/migrationReport.ts';
import type { Reports } from '../views/reports.ts';
import {
  agreesToMigrate,
  agreesToRestore,
  appliedText,
  leftOfPlan,
  restoredText,
} from './migrationMessages.ts';

const PAGE = 'Lockstep Migration';

export interface MigrationRunParts {
  readonly call: Call;
  readonly reports: Reports;
  readonly reportError: (error: unknown) => Promise<void>;
}

/** One command's way through a migration; what its notifications offer goes on with the same. */
export class MigrationRun {
  readonly #parts: MigrationRunParts;

  constructor(parts: MigrationRunParts) {
    this.#parts = parts;
  }

  async migrate(request: MigrationRequest): Promise<void> {
    const { call, reports } = this.#parts;
    const plan = await withOnlooker(vscode.l10n.t('Looking at what can be migrated'), (onlooker) =>
      planAll(call, request, onlooker),
    );
    if (plan === undefined) return;
    await reports.show(PAGE, planReport(plan, request));
    const items = plan.items.filter(({ state }) => state === 'new');
    if (items.length === 0) {
      const message = [vscode.l10n.t('There is nothing to migrate.'), ...leftOfPlan(plan)].join(' ');
      void vscode.window.showInformationMessage(plainText(message));
      return;
    }
    if (!(await agreesToMigrate(plan, request))) return;
    const done = await withOnlooker(vscode.l10n.t('Migrating sessions'), (onlooker) =>
      applyAll(call, { ...request, items }, onlooker),
    );
    this.#tellApplied(done, plan);
  }

  /** @param plan of which it is, where that is known */
  async continue(manifest: string, plan?: MigrationPlan): Promise<void> {
    const { call } = this.#parts;
    const done = await withOnlooker(vscode.l10n.t('Migrating sessions'), (onlooker) =>
      applyAll(call, { manifest }, onlooker),
    );
    this.#tellApplied(done, plan);
  }

  async restore(migration: MigrationSummary): Promise<void> {
    const { call, reports } = this.#parts;
    const { id } = migration;
    // One that has begun has no plan any more: what is gone is what it took back itself.
    if (migration.status === 'restoring') {
      if (!(await agreesToRestore(migration, undefined))) return;
    } else {
      const preview = await withOnlooker(vscode.l10n.t('Looking at what was migrated'), (onlooker) =>
        previewRestore(call, id, onlooker),
      );
      if (preview === undefined) return;
      await reports.show(PAGE, restorePlanReport(migration, preview));
      if (!(await agreesToRestore(migration, preview))) return;
    }
    const done = await withOnlooker(vscode.l10n.t('Taking the migration back'), (onlooker) =>
      restoreAll(call, id, onlooker),
    );
    this.#tell(this.#tellRestored(done));
  }

  #tellApplied(done: Applied, plan: MigrationPlan | undefined): void {
    const whole = plan === undefined ? done : { ...done, stats: withLeftOut(done.stats, plan) };
    this.#tell(this.#untilAnswered(whole, plan, false));
  }

  /** Tells again once the report was looked at: the ways on are in the message. */
  async #untilAnswered(
    done: Applied,
    plan: MigrationPlan | undefined,
    hasSeenReport: boolean,
  ): Promise<void> {
    const { end, stats, migration } = done;
    const { showReport, restore, goOn } = buttons();
    const offered = [
      ...(end === 'done' || migration === undefined ? [] : [goOn]),
      ...(hasSeenReport ? [] : [showReport]),
      ...(migration === undefined ? [] : [restore]),
    ];
    const isWhole = end === 'done' && stats.errors.length + stats.skipped.length === 0;
    const answer = await show(messageKind(end, isWhole), appliedText(done), offered);
    if (answer === showReport) {
      await this.#parts.reports.show(PAGE, resultReport(done));
      if (migration !== undefined) await this.#untilAnswered(done, plan, true);
    } else if (migration !== undefined && answer === goOn) {
      await this.continue(migration.id, plan);
    } else if (migration !== undefined && answer === restore) {
      await this.restore(migration);
    }
  }

  async #tellRestored(done: Restored, hasSeenReport = false): Promise<void> {
    const { end, left, migration } = done;
    const { showReport, goOn } = buttons();
    const offered = [...(end === 'done' ? [] : [goOn]), ...(hasSeenReport ? [] : [showReport])];
    const answer = await show(messageKind(end, left.length === 0), restoredText(done), offered);
    if (answer === showReport) {
      await this.#parts.reports.show(PAGE, restoredReport(done));
      if (end !== 'done') await this.#tellRestored(done, true);
    } else if (answer === goOn) {
      await this.restore(migration);
    }
  }

  /** Not awaited by commands: they are done; the message stays as long as it likes. */
  #tell(told: Promise<void>): void {
    void told.catch(this.#parts.reportError);
  }
}

function buttons() {
  return {
    showReport: vscode.l10n.t('Show Report'),
    restore: vscode.l10n.t('Restore…'),
    goOn: vscode.l10n.t('Continue'),
  };
}

type MessageKind = 'information' | 'warning' | 'error';

function messageKind(end: Applied['end'], isWhole: boolean): MessageKind {
  if (end === 'failed') return 'error';
  return end === 'done' && isWhole ? 'information' : 'warning';
}

function show(kind: MessageKind, words: string, offered: readonly string[]): Thenable<string | undefined> {
  switch (kind) {
    case 'information':
      return vscode.window.showInformationMessage(plainText(words), ...offered);
    case 'warning':
      return vscode.window.showWarningMessage(plainText(words), ...offered);
    case 'error':
      return vscode.window.showErrorMessage(plainText(words), ...offered);
  }
}

/** Shows how far it is, with a way to stop it between two parts. */
function withOnlooker<T>(title: string, work: (onlooker: Onlooker) => Promise<T>): Thenable<T> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, cancellable: true, title },
    (progress, cancelled) =>
      work({
        isCancelled: () => cancelled.isCancellationRequested,
        onProgress: (step, done, total) => progress.report({ message: stepText(step, done, total) }),
      }),
  );
}

function stepText(step: MigrationStep, done: number, total: number): string {
  const counts = [fullCount(done), fullCount(total)] as const;
  switch (step) {
    case 'backup':
      return vscode.l10n.t('backup: {0} of {1} files', ...counts);
    case 'verify':
      return vscode.l10n.t('compared: {0} of {1}', ...counts);
    case 'plan':
    case 'migrate':
    case 'restore':
    case 'done':
      return vscode.l10n.t('{0} of {1}', ...counts);
  }
}
