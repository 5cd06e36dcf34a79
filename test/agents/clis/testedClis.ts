import { CLIS, installedCli } from './installedCli.ts';
import type { RealCli } from './realCli.ts';

/** The tools that `npm run test:agents` was told of, each with the PATH on which it is. */
export async function testedClis(): Promise<readonly { readonly cli: RealCli; readonly path: string }[]> {
  const { LOCKSTEP_TEST_AGENTS: presets = '', LOCKSTEP_TEST_AGENTS_CACHE: cache } = process.env;
  if (cache === undefined) throw new Error('run this by `npm run test:agents`, which installs the tools');
  const named = CLIS.filter(({ preset }) => presets.split(',').includes(preset));
  return Promise.all(named.map(async (cli) => ({ cli, path: await installedCli(cache, cli) })));
}
