import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { shellWord } from '../../../../server/doors/cli/text.ts';
import { CLI } from '../../../support/command.ts';

/**
 * Puts `lockstep` into a folder, for a PATH. Built, as users have it: scripts start it again and again, and from its
 * sources that takes a second each time.
 */
export async function installCommand(folder: string): Promise<void> {
  const file = join(folder, 'lockstep.mjs');
  await build({
    entryPoints: [CLI],
    outfile: file,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    logLevel: 'warning',
    // The language server libraries are CommonJS and require Node's own modules.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  const program = join(folder, 'lockstep');
  await writeFile(program, `#!/bin/sh\nexec ${[process.execPath, file].map(shellWord).join(' ')} "$@"\n`);
  await chmod(program, 0o755);
}
