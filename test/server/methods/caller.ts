import type { TestContext } from 'node:test';
import type * as z from 'zod';
import type { Method } from '../../../server/protocol/method.ts';
import { createServer } from '../../../server/server.ts';
import { tempFolder } from '../../support/tempFolder.ts';

export type Caller = <P extends z.ZodType, R extends z.ZodType>(
  method: Method<P, R>,
  params: z.input<P>,
) => Promise<z.output<R>>;

/** Calls on a real server and store, with the result parsed as a client would; an error is thrown as it is sent. */
export async function caller(t: TestContext, given?: string): Promise<Caller> {
  const home = given ?? (await tempFolder(t));
  const env = { LOCKSTEP_HOME: home, CLAUDE_CONFIG_DIR: `${home}/claude`, PI_CODING_AGENT_DIR: `${home}/pi` };
  const server = createServer({ env, userHome: home, logger: { log: () => undefined } });
  t.after(() => server.dispose());
  return async (method, params) => {
    const outcome = await server.registry.call(method.name, params);
    if (!outcome.ok) throw Object.assign(new Error(outcome.error.message), outcome.error);
    return method.result.parse(JSON.parse(JSON.stringify(outcome.result)));
  };
}
