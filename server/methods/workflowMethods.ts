import { defined } from '../domain/sessionStep.ts';
import type { Leases } from '../locks/leases.ts';
import * as workflows from '../protocol/workflowMethods.ts';
import type { AgentCatalogue } from '../workflows/agents/agentCatalogue.ts';
import { inRunWords } from '../workflows/run/runRefusals.ts';
import { claimTelling } from '../workflows/run/telling.ts';
import type { RunLooks } from '../workflows/run/runLooks.ts';
import type { Runs } from '../workflows/run/runs.ts';
import type { Registry } from './registry.ts';

export interface WorkflowMethodParts {
  readonly agents: AgentCatalogue;
  readonly leases: Leases;
  readonly looks: RunLooks;
  readonly runs: Runs;
}

export function registerWorkflowMethods(
  registry: Registry,
  { agents, leases, looks, runs }: WorkflowMethodParts,
): void {
  registry.register(workflows.workflowsRead, ({ file }) => runs.read(file));
  registry.register(workflows.agentsList, async () => {
    const { agents: known, problems } = await agents.settings();
    return {
      agents: [...known].map(([name, setting]) => ({
        name,
        protocol: setting.protocol,
        command: [...setting.command],
        isExperimental: setting.protocol === 'command' && setting.experimental === true,
      })),
      problems: [...problems],
    };
  });

  registry.register(workflows.runsStart, (params) => runs.start(params));
  registry.register(workflows.runsList, async (params) => ({ runs: await looks.list(params) }));
  registry.register(
    workflows.runsGet,
    ofRun(({ id }) => looks.view(id)),
  );
  registry.register(
    workflows.runsContinue,
    ofRun(({ id, step, addIterations, addLimits }) =>
      runs.continue(id, {
        ...(step === undefined ? {} : { step }),
        ...(addIterations === undefined ? {} : { addIterations }),
        ...(addLimits === undefined ? {} : { addLimits: defined(addLimits) }),
      }),
    ),
  );
  registry.register(
    workflows.runsPause,
    ofRun(({ id }) => runs.pause(id)),
  );
  registry.register(
    workflows.runsStop,
    ofRun(({ id }) => runs.stop(id)),
  );
  registry.register(
    workflows.runsAnswer,
    ofRun(({ id, question, option }) => runs.answer(id, question, option)),
  );
  registry.register(
    workflows.runsNotify,
    ofRun(async ({ id, of }) => {
      await looks.facts(id);
      return { isMine: await claimTelling(leases, id, of) };
    }),
  );
}

/** Its refusals tell of a run, and not of the session that it is kept as. */
function ofRun<P extends { readonly id: string }, R>(
  call: (params: P) => Promise<R>,
): (params: P) => Promise<R> {
  return (params) =>
    call(params).catch((error: unknown) => {
      throw inRunWords(params.id, error);
    });
}
