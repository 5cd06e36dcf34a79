import type { TestContext } from 'node:test';
import { CallError } from '../../../client/services/callError.ts';
import type { Call } from '../../../client/services/call.ts';
import { createServer } from '../../../server/server.ts';
import { tempFolder } from '../../support/tempFolder.ts';

/** A real server on a real store; only the wire between them and the client is left out. */
export async function callStore(
  t: TestContext,
): Promise<{ call: Call; home: string; calls: string[]; fail: (error: Error | undefined) => void }> {
  const home = await tempFolder(t);
  const env = { LOCKSTEP_HOME: `${home}/store`, PI_CODING_AGENT_DIR: `${home}/pi` };
  const server = createServer({ env, userHome: home, logger: { log: () => undefined } });
  t.after(() => server.dispose());
  let failing: Error | undefined;
  const calls: string[] = [];
  const call: Call = async (method, params) => {
    calls.push(method.name);
    if (failing) throw failing;
    const outcome = await server.registry.call(method.name, params);
    if (!outcome.ok) throw new CallError(outcome.error);
    return method.result.parse(outcome.result);
  };
  return { call, home, calls, fail: (error) => (failing = error) };
}
