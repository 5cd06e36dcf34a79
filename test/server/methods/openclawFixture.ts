import type { TestContext } from 'node:test';
import { sessionsList } from '../../../server/protocol/openclawMethods.ts';
import { copyOfFixture, openclawAt } from '../sources/openclaw/stateDirectory.ts';

/** Calls on a copy of the fixture of a state directory. */
export async function fixture(t: Pick<TestContext, 'after'>) {
  const dir = await copyOfFixture(t);
  const { call, fails } = openclawAt(dir);
  return {
    dir,
    call,
    fails,
    keys: async (params: object = {}) => (await call(sessionsList, params)).sessions.map(({ key }) => key),
  };
}

export const message = (role: string, content: unknown) => ({ type: 'message', message: { role, content } });
