import { join, resolve } from 'node:path';
import JSON5 from 'json5';
import * as z from 'zod';
import { readSmallFile } from '../../platform/smallFile.ts';
import { systemErrorCode, systemErrorReason } from '../../platform/systemError.ts';
import type { OpenclawDefaults } from '../../protocol/openclawMethods.ts';
import { agentIdFrom, DEFAULT_AGENT } from './sessionKey.ts';

const MAX_BYTES = 4 * 1024 * 1024;

/** What of `openclaw.json` has a say in where sessions are and what they are called. */
export interface OpenclawConfig {
  /** In their order; undefined where none are listed, and each folder of `agents/` is one. */
  readonly agents: readonly string[] | undefined;
  readonly defaultAgent: string;
  readonly mainKey: string;
  /** The store of an agent where it was moved by `session.store`. */
  readonly storeOf: ((agentId: string) => string) | undefined;
  readonly defaults: OpenclawDefaults;
  /** Why the file was not read, for a person. */
  readonly problem: string | undefined;
}

const text = z.string().min(1).optional().catch(undefined);
const file = z.object({
  agents: z
    .object({
      list: z.array(z.unknown()).optional().catch(undefined),
      defaults: z
        .object({
          model: z
            .union([z.string(), z.object({ primary: z.string() }).transform(({ primary }) => primary)])
            .optional()
            .catch(undefined),
          contextTokens: z.int().min(1).optional().catch(undefined),
        })
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
  session: z.object({ mainKey: text, store: text }).optional().catch(undefined),
});
const agent = z.object({ id: z.string().min(1), default: z.boolean().optional().catch(undefined) });

/** JSON5, with which people write it. Rejects never: a configuration that is missing or unreadable says nothing. */
export async function readConfig(stateDir: string, userHome: string): Promise<OpenclawConfig> {
  const path = join(stateDir, 'openclaw.json');
  let problem: string | undefined;
  let value: unknown = {};
  try {
    const { content } = await readSmallFile(path, MAX_BYTES);
    if (content === undefined) problem = `${path} is no file of at most 4 MiB, and was not read.`;
    else value = JSON5.parse(content.toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError)
      problem = `${path} is no JSON5 and was not read: every folder below agents/ counts as an agent.`;
    else if (systemErrorCode(error) !== 'ENOENT')
      problem = `${path} cannot be read: ${systemErrorReason(error)}.`;
  }
  return { ...configFrom(value, stateDir, userHome), problem };
}

function configFrom(value: unknown, stateDir: string, userHome: string): Omit<OpenclawConfig, 'problem'> {
  const { agents, session } = file.safeParse(value).data ?? {};
  const listed = (agents?.list ?? []).flatMap((item) => agent.safeParse(item).data ?? []);
  const ids = [...new Set(listed.map(({ id }) => agentIdFrom(id)))];
  const chosen = listed.find((item) => item.default === true) ?? listed[0];
  const store = session?.store;
  return {
    agents: ids.length === 0 ? undefined : ids,
    defaultAgent: chosen === undefined ? DEFAULT_AGENT : agentIdFrom(chosen.id),
    mainKey: session?.mainKey?.trim().toLowerCase() ?? 'main',
    storeOf:
      store === undefined
        ? undefined
        : (agentId) =>
            resolve(
              stateDir,
              store.replaceAll('{agentId}', agentId).replace(/^~(?=$|[\\/])/, () => userHome),
            ),
    defaults: { ...modelFrom(agents?.defaults?.model), contextTokens: agents?.defaults?.contextTokens },
  };
}

/** `provider/model`; a model's own name may hold a `/` too. */
function modelFrom(name: string | undefined): Pick<OpenclawDefaults, 'modelProvider' | 'model'> {
  const slash = name?.indexOf('/') ?? -1;
  if (name === undefined || name === '') return {};
  return slash <= 0 ? { model: name } : { modelProvider: name.slice(0, slash), model: name.slice(slash + 1) };
}
