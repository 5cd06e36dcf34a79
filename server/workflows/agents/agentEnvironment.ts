import { isSettingsOwn } from './agentVariables.ts';

/** What every program needs to run as this person on this machine. */
const BASE = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'TERM', 'TMPDIR'];
/** What a program on Windows does not start, find its folders or make temporary files without. */
const BASE_OF_WINDOWS = [
  'ALLUSERSPROFILE',
  'APPDATA',
  'COMSPEC',
  'HOMEDRIVE',
  'HOMEPATH',
  'LOCALAPPDATA',
  'NUMBER_OF_PROCESSORS',
  'PATHEXT',
  'PROCESSOR_ARCHITECTURE',
  'PROGRAMDATA',
  'PROGRAMFILES',
  'PROGRAMFILES(X86)',
  'SYSTEMDRIVE',
  'SYSTEMROOT',
  'TEMP',
  'TMP',
  'USERNAME',
  'USERPROFILE',
  'WINDIR',
];

/** What an agent's setting says of its environment. */
export interface EnvironmentSetting {
  readonly env?: Readonly<Record<string, string>>;
  /** Names of variables of ours that the agent gets where they are set. */
  readonly passEnv?: readonly string[];
}

/**
 * All of an agent's environment: a short list of ours and what the setting passes on, then what the setting says, then
 * what the step says, but for what `overruled` tells. Nothing else of ours: it holds keys to other doors.
 */
export function agentEnvironment(
  ours: NodeJS.ProcessEnv,
  setting: EnvironmentSetting,
  stepEnv: Readonly<Record<string, string>>,
  platform: NodeJS.Platform = process.platform,
): Record<string, string> {
  const { env = {}, passEnv = [] } = setting;
  const isWindows = platform === 'win32';
  const key = keyOn(platform);
  const wanted = new Set([...BASE, ...(isWindows ? BASE_OF_WINDOWS : []), ...passEnv].map(key));
  const found = new Map<string, readonly [name: string, value: string]>();
  for (const [name, value] of Object.entries(ours))
    if (value !== undefined && (wanted.has(key(name)) || key(name).startsWith('LC_')))
      found.set(key(name), [name, value]);
  const isOverruled = new Set(overruled(setting, stepEnv, platform));
  const ofStep = Object.entries(stepEnv).filter(([name]) => !isOverruled.has(name));
  for (const [name, value] of [...Object.entries(env), ...ofStep]) found.set(key(name), [name, value]);
  return Object.fromEntries(found.values());
}

/**
 * The variables of a step that its agent does not get: those that the setting names, set or not, and those that are for
 * nobody else to set. A step is a file's, which may be a stranger's; the setting is the person's.
 */
export function overruled(
  { env = {}, passEnv = [] }: EnvironmentSetting,
  stepEnv: Readonly<Record<string, string>>,
  platform: NodeJS.Platform = process.platform,
): string[] {
  const key = keyOn(platform);
  const named = new Set([...Object.keys(env), ...passEnv].map(key));
  return Object.keys(stepEnv).filter((name) => named.has(key(name)) || isSettingsOwn(name));
}

/** Windows knows `Path` and `PATH` as one variable; two of them in a block leave it to chance which one counts. */
function keyOn(platform: NodeJS.Platform): (name: string) => string {
  return platform === 'win32' ? (name) => name.toUpperCase() : (name) => name;
}
