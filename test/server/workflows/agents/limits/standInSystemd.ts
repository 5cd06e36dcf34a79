import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Stands in for systemd's `systemd-run`: writes down its arguments, and becomes the command after `--`, as the real one
 * does for a scope. Nothing is held to anything. What the kernel would answer to the first question is in a file; so is
 * which option it does not know.
 */
const SCRIPT = `#!/bin/sh
here=\${0%/*}
printf '%s\\n' "bus=$XDG_RUNTIME_DIR" "$@" '' >>"$here/calls"
for argument; do
  [ "$argument" = "$(cat "$here/unknown")" ] && { echo "unrecognized option" >&2; exit 1; }
done
case "$*" in *memory.max*) cat "$here/kernel"; exit; esac
while [ "$1" != -- ]; do
  case "$1" in --setenv=*) export "\${1#--setenv=}"; esac
  shift
done
shift
exec "$@"
`;

export interface StandIn {
  /** Our environment, with it on the PATH. */
  readonly env: NodeJS.ProcessEnv;
  /** The arguments of each call, and before them `bus=` and the folder by which it would find the person's systemd. */
  readonly calls: () => Promise<string[][]>;
}

const WHOLE_KERNEL = 'memory.max 1073741824\ncpu.max 100000 100000\npids.max 1000\n';

/** @param kernel  what the kernel says that the first scope is held to */
export async function standInSystemd(
  folder: string,
  { kernel = WHOLE_KERNEL, unknown = '' }: { kernel?: string; unknown?: string } = {},
): Promise<StandIn> {
  const bin = join(folder, 'bin');
  await mkdir(bin);
  const files = { 'systemd-run': SCRIPT, calls: '', kernel, unknown };
  for (const [name, text] of Object.entries(files)) await writeFile(join(bin, name), text);
  await chmod(join(bin, 'systemd-run'), 0o755);
  return {
    env: { ...process.env, PATH: `${bin}:${process.env['PATH']}`, XDG_RUNTIME_DIR: '/run/user/stand-in' },
    calls: async () =>
      (await readFile(join(bin, 'calls'), 'utf8'))
        .split('\n\n')
        .slice(0, -1)
        .map((call) => call.split('\n')),
  };
}
