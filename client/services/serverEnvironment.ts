import { Settings } from '../ids.ts';
import { storeFolder } from './storeFolder.ts';

/** A setting's value, or undefined where it has none. Values come from files that anybody may have written. */
export type ReadSetting = (name: string) => unknown;

/**
 * The settings as the server reads them: from its environment, as the command does.
 * @throws Error where the store's path is relative: to what, would be anybody's guess
 */
export function serverEnvironment(read: ReadSetting, home: string, isTrusted: boolean): NodeJS.ProcessEnv {
  const store = storeFolder(textOf(read(Settings.store)), home);
  const roots = read(Settings.lockRoots);
  const sharedRoots = read(Settings.lockSharedRoots);
  // In a workspace that is not trusted, nothing is changed.
  const autoClean = isTrusted ? textOf(read(Settings.lockAutoClean)) : 'off';
  const waitMs = read(Settings.lockWaitMs);
  const parallelSteps = read(Settings.runsParallelSteps);
  return {
    ...(store === undefined ? {} : { LOCKSTEP_HOME: store }),
    ...listOf('LOCKSTEP_LOCK_ROOTS', roots),
    ...listOf('LOCKSTEP_LOCK_SHARED_ROOTS', sharedRoots),
    ...(autoClean === '' ? {} : { LOCKSTEP_LOCK_AUTO_CLEAN: autoClean }),
    ...(typeof waitMs === 'number' ? { LOCKSTEP_LOCK_WAIT_MS: String(waitMs) } : {}),
    ...agentsOf(read(Settings.agents)),
    ...(typeof parallelSteps === 'number' ? { LOCKSTEP_RUNS_PARALLEL: String(parallelSteps) } : {}),
    ...(read(Settings.runsEndWithWindow) === true ? { LOCKSTEP_RUNS_END_WITH_WINDOW: '1' } : {}),
  };
}

/** Whatever is set is given on: the server tells what is wrong with it. An empty object is what is set by nobody. */
function agentsOf(set: unknown): NodeJS.ProcessEnv {
  if (set === undefined || set === null) return {};
  const isUnset = typeof set === 'object' && !Array.isArray(set) && Object.keys(set).length === 0;
  return isUnset ? {} : { LOCKSTEP_AGENTS: JSON.stringify(set) };
}

/** As JSON, just as it is: the server tells of what it does not understand, and goes on. */
function listOf(variable: string, set: unknown): NodeJS.ProcessEnv {
  return Array.isArray(set) && set.length > 0 ? { [variable]: JSON.stringify(set) } : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
