/**
 * The environment variable by which an agent's processes are found that have left its group (`setsid`): children have
 * their parent's environment. The supervisor has it as well. Holds the marker, after those of agents that this one runs within.
 */
export const MARKER = 'LOCKSTEP_AGENT_MARKER';

/** The variable's value for an agent: its marker, after those that `env` has from outer agents. */
export function markersWithin(env: NodeJS.ProcessEnv, marker: string): string {
  const outer = env[MARKER];
  return outer === undefined || outer === '' ? marker : `${outer}:${marker}`;
}

/** Whether an environment, as procfs gives it, holds the marker. */
export function hasMarker(environ: string, marker: string): boolean {
  const entry = environ.split('\0').find((entry) => entry.startsWith(`${MARKER}=`));
  return (
    entry !== undefined &&
    entry
      .slice(MARKER.length + 1)
      .split(':')
      .includes(marker)
  );
}
