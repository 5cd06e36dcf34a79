import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { NOT_ENFORCED, type AgentLimits, type Enforcement } from './agentLimits.ts';
import { programOnPath } from './programOnPath.ts';

/** How long systemd may take to make the first scope. */
const PROBE_MS = 10_000;
/** What the first scope is held to: more than the shell needs that looks at it. */
const PROBED: Required<AgentLimits> = { memoryBytes: 1024 ** 3, cpus: 1, pids: 1000 };
/** Tells what the kernel holds its own control group to. Without a limit, or without the controller, that is `max` or no file. */
const LOOK = `group=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
for file in memory.max cpu.max pids.max; do
  read -r limit <"$group/$file" && echo "$file $limit"
done
:`;
const FILES: Readonly<Record<string, keyof AgentLimits>> = {
  'memory.max': 'memoryBytes',
  'cpu.max': 'cpus',
  'pids.max': 'pids',
};
/** By these systemd-run finds the person's service manager. They are no agent's business: it could start services by them. */
const BUS = ['XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'];

/** A program, ready to be started. */
export interface Confined {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** The limits that it is held to. */
  readonly held: AgentLimits;
}

interface Scopes {
  /** What comes before the properties of a scope. */
  readonly command: readonly [string, ...string[]];
  readonly enforcement: Enforcement;
}

/**
 * Holds agents to limits by scopes of the person's own systemd, where it is there and has been given the controllers: it
 * is asked for one scope, once, and the kernel what became of it. `systemd-run --scope` becomes the agent, so that
 * process, group, session and pipes are those that the supervisor has made.
 */
export class SystemdScopes {
  readonly #ownEnv: NodeJS.ProcessEnv;
  readonly #platform: NodeJS.Platform;
  #scopes: Promise<Scopes | undefined> | undefined;

  constructor(ownEnv: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform) {
    this.#ownEnv = ownEnv;
    this.#platform = platform;
  }

  /** Who holds agents to each limit on this machine. Never rejects. */
  async enforcement(): Promise<Enforcement> {
    return (await this.#probed())?.enforcement ?? NOT_ENFORCED;
  }

  /** The agent within a scope; as it is where none of its limits can be enforced. Never rejects. */
  async confined(
    argv: readonly [string, ...string[]],
    env: Readonly<Record<string, string>>,
    limits: AgentLimits,
  ): Promise<Confined> {
    const scopes = Object.keys(limits).length === 0 ? undefined : await this.#probed();
    const held = scopes === undefined ? {} : heldBy(scopes.enforcement, limits);
    if (scopes === undefined || Object.keys(held).length === 0) return { argv, env, held: {} };
    const bus = BUS.flatMap((name) => {
      const value = this.#ownEnv[name];
      return value === undefined ? [] : [{ name, value }];
    });
    const unset = bus.filter(({ name }) => env[name] === undefined).map(({ name }) => name);
    return {
      argv: [
        ...scopes.command,
        ...properties(held),
        // What the agent has under these names by its setting.
        ...bus.flatMap(({ name }) => (env[name] === undefined ? [] : [`--setenv=${name}=${env[name]}`])),
        '--',
        ...(unset.length === 0 ? [] : ['/bin/sh', '-c', `unset ${unset.join(' ')}; exec "$@"`, 'sh']),
        ...argv,
      ],
      env: { ...env, ...Object.fromEntries(bus.map(({ name, value }) => [name, value])) },
      held,
    };
  }

  #probed(): Promise<Scopes | undefined> {
    this.#scopes ??= this.#platform === 'linux' ? probe(this.#ownEnv) : Promise.resolve(undefined);
    return this.#scopes;
  }
}

async function probe(env: NodeJS.ProcessEnv): Promise<Scopes | undefined> {
  const program = await programOnPath('systemd-run', env);
  if (program === undefined) return undefined;
  // Later versions look for variables of their own in the agent's arguments unless told not to; earlier ones know no
  // such option.
  for (const more of [['--expand-environment=no'], []]) {
    const command = [program, '--user', '--scope', '--quiet', '--collect', ...more] as const;
    const enforcement = await probeOnce(command, env);
    if (enforcement !== undefined) return { command, enforcement };
  }
  return undefined;
}

/** Undefined where no scope can be made that way. */
async function probeOnce(
  [program, ...options]: readonly [string, ...string[]],
  env: NodeJS.ProcessEnv,
): Promise<Enforcement | undefined> {
  const args = [...options, ...properties(PROBED), '--', '/bin/sh', '-c', LOOK];
  try {
    const { stdout } = await promisify(execFile)(program, args, {
      env,
      timeout: PROBE_MS,
      killSignal: 'SIGKILL',
    });
    const enforced = stdout.split('\n').flatMap((line) => {
      const [file = '', limit = 'max'] = line.split(' ');
      const name = FILES[file];
      return name === undefined || limit === 'max' ? [] : [[name, 'systemd'] as const];
    });
    return { ...NOT_ENFORCED, ...Object.fromEntries(enforced) };
  } catch {
    return undefined;
  }
}

function heldBy(enforcement: Enforcement, limits: AgentLimits): AgentLimits {
  const { memoryBytes, cpus, pids } = limits;
  return {
    ...(memoryBytes === undefined || enforcement.memoryBytes === 'nobody' ? {} : { memoryBytes }),
    ...(cpus === undefined || enforcement.cpus === 'nobody' ? {} : { cpus }),
    ...(pids === undefined || enforcement.pids === 'nobody' ? {} : { pids }),
  };
}

/** Of a scope, as options of systemd-run; see systemd.resource-control(5). */
function properties({ memoryBytes, cpus, pids }: AgentLimits): string[] {
  return [
    // Without swap, or memory would be a limit on nothing but speed.
    ...(memoryBytes === undefined ? [] : [`MemoryMax=${memoryBytes}`, 'MemorySwapMax=0']),
    ...(cpus === undefined ? [] : [`CPUQuota=${Math.max(1, Math.round(cpus * 100))}%`]),
    ...(pids === undefined ? [] : [`TasksMax=${pids}`]),
  ].flatMap((property) => ['-p', property]);
}
