import * as lifecycle from './sessionLifecycleMethods.ts';
import * as history from './sessionHistoryMethods.ts';
import * as query from './sessionQueryMethods.ts';
import * as copies from './sessionCopyMethods.ts';
import * as trash from './sessionTrashMethods.ts';
import * as store from './storeMethods.ts';
import * as locks from './lockMethods.ts';
import { healthGet } from './healthMethods.ts';
import * as openclaw from './openclawMethods.ts';
import * as openclawWrite from './openclawWriteMethods.ts';
import * as migration from './migrationMethods.ts';
import * as sources from './sourceMethods.ts';
import * as transcripts from './transcriptMethods.ts';
import * as workflows from './workflowMethods.ts';
import type { Method } from './method.ts';

/** Every method of the wire, on one screen. A test holds that each is registered, and nothing besides. */
export const methods: readonly Method[] = [
  lifecycle.sessionsStart,
  query.sessionsGet,
  lifecycle.sessionsIterate,
  lifecycle.sessionsEndIteration,
  lifecycle.sessionsPause,
  lifecycle.sessionsResume,
  lifecycle.sessionsComplete,
  lifecycle.sessionsFail,
  lifecycle.sessionsUpdate,
  lifecycle.sessionsArchive,
  lifecycle.sessionsUnarchive,
  history.sessionsUpdateContext,
  history.sessionsContext,
  query.sessionsIsResumable,
  history.sessionsRecordToolCall,
  history.sessionsRecordLearning,
  history.sessionsAddEvent,
  history.sessionsAddMessage,
  history.sessionsEvents,
  query.sessionsFind,
  query.sessionsChanges,
  query.sessionsCounts,
  query.sessionsStats,
  trash.sessionsCleanup,
  trash.sessionsRemove,
  trash.sessionsRestore,
  copies.sessionsFork,
  copies.sessionsExport,
  copies.sessionsImport,
  locks.locksAcquire,
  locks.locksRenew,
  locks.locksRelease,
  locks.locksList,
  locks.locksClean,
  healthGet,
  store.storeBackup,
  store.storeBackups,
  store.storeRecover,
  migration.migrationInspect,
  migration.migrationPlan,
  migration.migrationApply,
  migration.migrationVerify,
  migration.migrationRestore,
  migration.migrationList,
  sources.sourcesList,
  sources.sourcesSessions,
  transcripts.transcriptsPage,
  transcripts.transcriptsText,
  transcripts.transcriptsImage,
  transcripts.transcriptsFind,
  transcripts.transcriptsOutline,
  transcripts.transcriptsExport,
  openclaw.sessionsList,
  openclaw.sessionsPreview,
  openclaw.sessionsResolve,
  openclawWrite.sessionsPatch,
  openclawWrite.sessionsReset,
  openclawWrite.sessionsDelete,
  openclawWrite.sessionsCompact,
  workflows.workflowsRead,
  workflows.agentsList,
  workflows.runsStart,
  workflows.runsList,
  workflows.runsGet,
  workflows.runsContinue,
  workflows.runsPause,
  workflows.runsStop,
  workflows.runsAnswer,
  workflows.runsNotify,
];
