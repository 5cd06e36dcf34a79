/** Every id that the manifest and the code share, once. `test/manifest.test.ts` holds the two in step. */

export const Commands = {
  newSession: 'lockstep.newSession',
  openTranscript: 'lockstep.openTranscript',
  findInTranscript: 'lockstep.findInTranscript',
  goToInTranscript: 'lockstep.goToInTranscript',
  copyTranscript: 'lockstep.copyTranscript',
  exportTranscript: 'lockstep.exportTranscript',
  pauseSession: 'lockstep.pauseSession',
  resumeSession: 'lockstep.resumeSession',
  addIterations: 'lockstep.addIterations',
  completeSession: 'lockstep.completeSession',
  failSession: 'lockstep.failSession',
  renameSession: 'lockstep.renameSession',
  archiveSession: 'lockstep.archiveSession',
  unarchiveSession: 'lockstep.unarchiveSession',
  forkSession: 'lockstep.forkSession',
  exportSessions: 'lockstep.exportSessions',
  importSessions: 'lockstep.importSessions',
  deleteSessions: 'lockstep.deleteSessions',
  restoreSessions: 'lockstep.restoreSessions',
  cleanSessions: 'lockstep.cleanSessions',
  migrateSessions: 'lockstep.migrateSessions',
  restoreMigration: 'lockstep.restoreMigration',
  renameOpenclawLabel: 'lockstep.renameOpenclawLabel',
  resetOpenclawSessions: 'lockstep.resetOpenclawSessions',
  compactOpenclawSessions: 'lockstep.compactOpenclawSessions',
  deleteOpenclawSessions: 'lockstep.deleteOpenclawSessions',
  showOpenclawCommand: 'lockstep.showOpenclawCommand',
  showStatistics: 'lockstep.showStatistics',
  backUpStore: 'lockstep.backUpStore',
  recoverStore: 'lockstep.recoverStore',
  installCommand: 'lockstep.installCommand',
  uninstallCommand: 'lockstep.uninstallCommand',
  copySessionId: 'lockstep.copySessionId',
  copyResumeCommand: 'lockstep.copyResumeCommand',
  resumeInTerminal: 'lockstep.resumeInTerminal',
  revealFile: 'lockstep.revealFile',
  showMore: 'lockstep.showMore',
  showErrorDetails: 'lockstep.showErrorDetails',
  showThisWorkspace: 'lockstep.showThisWorkspace',
  showAllWorkspaces: 'lockstep.showAllWorkspaces',
  filterSessions: 'lockstep.filterSessions',
  clearFilter: 'lockstep.clearFilter',
  pinSession: 'lockstep.pinSession',
  unpinSession: 'lockstep.unpinSession',
  groupSessions: 'lockstep.groupSessions',
  sortSessions: 'lockstep.sortSessions',
  refresh: 'lockstep.refresh',
  showLog: 'lockstep.showLog',
  restartServer: 'lockstep.restartServer',
  cleanLocks: 'lockstep.cleanLocks',
  cleanLock: 'lockstep.cleanLock',
  releaseLease: 'lockstep.releaseLease',
  revealLock: 'lockstep.revealLock',
  copyLockPath: 'lockstep.copyLockPath',
  openLockedSession: 'lockstep.openLockedSession',
  refreshLocks: 'lockstep.refreshLocks',
  doctor: 'lockstep.doctor',
  verifyStore: 'lockstep.verifyStore',
  showMenu: 'lockstep.showMenu',
  newWorkflow: 'lockstep.newWorkflow',
  showWorkflowGuide: 'lockstep.showWorkflowGuide',
  openWorkflowFile: 'lockstep.openWorkflowFile',
  refreshWorkflows: 'lockstep.refreshWorkflows',
  /** Takes the address of a file as a text, too. */
  runWorkflow: 'lockstep.runWorkflow',
  /** These take the id of a run as a text, too. */
  pauseRun: 'lockstep.pauseRun',
  resumeRun: 'lockstep.resumeRun',
  continueRun: 'lockstep.continueRun',
  stopRun: 'lockstep.stopRun',
  answerRun: 'lockstep.answerRun',
  showRun: 'lockstep.showRun',
  copyRunId: 'lockstep.copyRunId',
  showMoreRuns: 'lockstep.showMoreRuns',
} as const;

/**
 * The entries of the submenus: one command for a choice that can be made, and one for the choice that is made, which
 * has a check mark in its title. VS Code lets no extension check a menu's entry.
 */
export const GroupingCommands = {
  status: { choose: 'lockstep.groupByStatus', chosen: 'lockstep.groupedByStatus' },
  source: { choose: 'lockstep.groupBySource', chosen: 'lockstep.groupedBySource' },
  workspace: { choose: 'lockstep.groupByWorkspace', chosen: 'lockstep.groupedByWorkspace' },
  kind: { choose: 'lockstep.groupByKind', chosen: 'lockstep.groupedByKind' },
} as const;

export const SortingCommands = {
  changed: { choose: 'lockstep.sortByChanged', chosen: 'lockstep.sortedByChanged' },
  started: { choose: 'lockstep.sortByStarted', chosen: 'lockstep.sortedByStarted' },
  title: { choose: 'lockstep.sortByTitle', chosen: 'lockstep.sortedByTitle' },
} as const;

export const Submenus = {
  groupBy: 'lockstep.groupBy',
  sortBy: 'lockstep.sortBy',
} as const;

export const Views = {
  container: 'lockstep',
  sessions: 'lockstep.sessions',
  locks: 'lockstep.locks',
  workflows: 'lockstep.workflows',
} as const;

export const ContextKeys = {
  /** 'starting' | 'running' | 'down' */
  server: 'lockstep.server',
  /** Whether the store was read, or failed to be: until then an empty list says nothing. */
  loaded: 'lockstep.loaded',
  /** The same for locks. */
  locksLoaded: 'lockstep.locksLoaded',
  /** The same for workflows. */
  workflowsLoaded: 'lockstep.workflowsLoaded',
  /** 'workspace' | 'all' */
  scope: 'lockstep.scope',
  /** 'status' | 'source' | 'workspace' | 'kind' */
  grouping: 'lockstep.grouping',
  /** 'changed' | 'started' | 'title' */
  sorting: 'lockstep.sorting',
  /** Whether the list shows just what matches a text. */
  filtered: 'lockstep.filtered',
} as const;

export const StatusBarItems = {
  status: 'lockstep.status',
} as const;

export const Settings = {
  section: 'lockstep',
  store: 'store',
  lockRoots: 'locks.roots',
  lockSharedRoots: 'locks.sharedRoots',
  lockAutoClean: 'locks.autoClean',
  lockWaitMs: 'locks.waitMs',
  lockWarnAfterMs: 'locks.warnAfterMs',
  agents: 'agents',
  runsParallelSteps: 'runs.parallelSteps',
  runsEndWithWindow: 'runs.endWithWindow',
  runsNotifyWhenCompleted: 'runs.notifyWhenCompleted',
} as const;

/** The settings that the server gets when it starts: a change of one starts it anew. */
export const ServerSettings = [
  Settings.store,
  Settings.lockRoots,
  Settings.lockSharedRoots,
  Settings.lockAutoClean,
  Settings.lockWaitMs,
  Settings.agents,
  Settings.runsParallelSteps,
  Settings.runsEndWithWindow,
] as const;

export const Languages = {
  workflow: 'lockstep-workflow',
} as const;

/** Of documents that Lockstep makes to be read. */
export const DocumentSchemes = {
  report: 'lockstep-report',
  /** Texts of transcripts. */
  text: 'lockstep-text',
} as const;

export const WebviewTypes = {
  transcript: 'lockstep.transcript',
} as const;
