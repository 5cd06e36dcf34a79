import {
  sessionsCompact,
  sessionsDelete,
  sessionsPatch,
  sessionsReset,
} from '../protocol/openclawWriteMethods.ts';
import { resolvedOf } from '../sources/openclaw/sessionPatch.ts';
import type { SessionWrites, WriteTarget } from '../sources/openclaw/sessionWrites.ts';
import type { Caller } from './caller.ts';
import { stateDirOf } from './openclawMethods.ts';
import type { Registry } from './registry.ts';

export interface OpenclawWriteMethodsOptions {
  readonly writes: SessionWrites;
  /** Of calls that name none. */
  readonly stateDir: string;
}

interface TargetParams {
  readonly key: string;
  readonly agentId?: string | undefined;
  readonly source?: string | undefined;
}

/** OpenClaw's own methods that change its state directories. */
export function registerOpenclawWriteMethods(
  registry: Registry,
  { writes, stateDir }: OpenclawWriteMethodsOptions,
): void {
  const target = (method: string, params: TargetParams, caller: Caller, given: object): WriteTarget => {
    const { key, agentId, source } = params;
    const named = stateDirOf(source ?? caller.source);
    return {
      stateDir: named ?? stateDir,
      wasNamed: named !== undefined,
      key,
      agentId,
      call: { method, params: { ...(agentId === undefined ? {} : { agentId }), ...given } },
    };
  };

  registry.register(sessionsPatch, async (params, caller) => {
    const { key, agentId, source, ...fields } = params;
    const of = target(sessionsPatch.name, { key, agentId, source }, caller, fields);
    const { defaults, ...done } = await writes.patch(of, fields);
    return { ok: true as const, ...done, resolved: resolvedOf(done.entry, fields, defaults) };
  });

  registry.register(sessionsReset, async (params, caller) => ({
    ok: true as const,
    ...(await writes.reset(target(sessionsReset.name, params, caller, {}))),
  }));

  registry.register(sessionsDelete, async (params, caller) => {
    const { key, agentId, source, archiveTranscript, ...given } = params;
    const of = target(sessionsDelete.name, { key, agentId, source }, caller, given);
    return { ok: true as const, ...(await writes.delete(of, { ...given, archiveTranscript })) };
  });

  registry.register(sessionsCompact, async (params, caller) => {
    const { maxLines } = params;
    const of = target(sessionsCompact.name, params, caller, { maxLines });
    return { ok: true as const, ...(await writes.compact(of, maxLines)) };
  });
}
