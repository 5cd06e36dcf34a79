import type { LockstepError } from '../../../../server/domain/errors.ts';
import type { Client } from '../../../../server/methods/client.ts';
import { Registry } from '../../../../server/methods/registry.ts';
import { sessionsEvents } from '../../../../server/protocol/sessionHistoryMethods.ts';
import { sessionsFind, sessionsGet } from '../../../../server/protocol/sessionQueryMethods.ts';
import * as wire from '../../../../server/protocol/workflowMethods.ts';
import { session } from '../../../../server/protocol/session.ts';
import { sampleRun, sampleStep, sampleWorkflow } from '../../../support/sampleRuns.ts';
import { cliOn } from './inProcess.ts';

export const RUN_ID = '019cdf3a-7b21-7000-8000-000000000001';

type Workflow = wire.Workflow;
type Run = wire.Run;

const IMPLEMENT = { id: 'implement', maxIterations: 10 } as const;
const REVIEW = { id: 'review', needs: ['implement'], maxIterations: 1, agent: 'claude', hasGate: true };

/** Of two steps, of which the second has a gate. */
export function someWorkflow(change: Partial<Workflow> = {}): Workflow {
  const workflow = sampleWorkflow();
  const steps = workflow.steps.flatMap((step) => [
    { ...step, ...IMPLEMENT },
    { ...step, ...REVIEW, line: 7, until: undefined },
  ]);
  return { ...workflow, isKnown: true, maxIterations: 11, steps, ...change };
}

export function someStep(change: Partial<wire.RunStep> = {}): wire.RunStep {
  return sampleStep({ ...IMPLEMENT, ...change });
}

/** Of that workflow, which begins. */
export function someRun(change: Partial<Run> = {}): Run {
  return sampleRun({
    id: RUN_ID,
    iterations: 0,
    maxIterations: 11,
    steps: [sampleStep(IMPLEMENT), sampleStep(REVIEW)],
    ...change,
  });
}

/** How a run ends well. */
export const DONE = {
  status: 'completed',
  iterations: 3,
  activeMs: 125_000,
  endedAt: '2026-11-26T10:02:05.000Z',
} as const;

/** The command on one workflow and one run, which do what the test says. */
export class ScriptedRuns {
  workflow = someWorkflow();
  run = someRun();
  /** Those that are open, where it is not this one several times. */
  open: Run[] | undefined;
  /** Ids of the sessions that the beginning of an id fits. */
  sessions: string[] = [];
  agents = ['codex', 'claude'];
  problems: string[] = [];
  /** What the process of the run tells a person. */
  readonly notices: string[] = [];
  /** Whether this client is the first to tell of something. */
  isMine = true;
  /** What was called that changes something, with its params. */
  readonly calls: [method: string, params: unknown][] = [];
  /** What `runs.continue` says, if it is an error. */
  refusal: LockstepError | undefined;
  /** What a look for what killed runs have left makes of the run. */
  left: Partial<Run> = {};
  /** How `drive` ends. */
  driven: Promise<string> = Promise.resolve('completed');
  readonly #listeners = new Set<(revision: number) => void>();
  #looks = 0;
  readonly #called = new Set<() => void>();

  /** The run has changed. */
  set(change: Partial<Run>): void {
    this.run = { ...this.run, ...change, revision: this.run.revision + 1 };
    for (const listener of this.#listeners) listener(this.run.revision);
  }

  /** Until a method that changes something was called so often. */
  called(method: string, times = 1): Promise<void> {
    return this.#until(() => this.calls.filter(([name]) => name === method).length >= times);
  }

  /** Until the run was looked at so often. */
  looked(times: number): Promise<void> {
    return this.#until(() => this.#looks >= times);
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#called.add(resolve);
      await promise;
      this.#called.delete(resolve);
    }
  }

  cli() {
    const registry = new Registry({ log: () => undefined });
    const changing = <P>(method: string, params: P): P => {
      this.calls.push([method, params]);
      for (const called of this.#called) called();
      return params;
    };
    registry.register(sessionsFind, ({ idPrefix }) =>
      Promise.resolve({
        store: 's1',
        revision: 1,
        sessions: idPrefix === undefined ? [] : this.sessions.map(sessionOf),
      }),
    );
    registry.register(sessionsGet, ({ id }) => Promise.resolve(sessionOf(id)));
    registry.register(sessionsEvents, ({ afterSeq }) =>
      Promise.resolve({
        events: this.notices.slice(afterSeq).map((text, at) => ({
          seq: afterSeq + at + 1,
          timestamp: '2026-03-12T10:05:44.000Z',
          type: 'run.notice',
          data: { text },
        })),
      }),
    );
    registry.register(wire.workflowsRead, ({ file }) => Promise.resolve({ ...this.workflow, file }));
    registry.register(wire.agentsList, () =>
      Promise.resolve({
        agents: this.agents.map((name) => ({
          name,
          protocol: 'command' as const,
          command: [name, '--fast', 'two words'],
          isExperimental: name === 'codex',
        })),
        problems: this.problems,
      }),
    );
    registry.register(wire.runsList, ({ limit, isOpen }) =>
      Promise.resolve({
        runs:
          (isOpen === true ? this.open : undefined) ??
          Array.from({ length: Math.min(limit, 3) }, () => this.run),
      }),
    );
    registry.register(wire.runsGet, () => {
      this.#looks++;
      for (const called of this.#called) called();
      return Promise.resolve(this.run);
    });
    registry.register(wire.runsNotify, (params) => {
      changing('runs.notify', params);
      return Promise.resolve({ isMine: this.isMine });
    });
    for (const method of [
      wire.runsStart,
      wire.runsContinue,
      wire.runsPause,
      wire.runsStop,
      wire.runsAnswer,
    ] as const)
      registry.register<typeof method.params, typeof method.result>(method, (params) => {
        changing(method.name, params);
        if (method === wire.runsContinue && this.refusal) return Promise.reject(this.refusal);
        return Promise.resolve(this.run);
      });
    return cliOn({
      registry,
      connect: (): Client => {
        throw new Error('nothing is leased here');
      },
      onDidChange: (listener) => {
        this.#listeners.add(listener);
        return { dispose: () => this.#listeners.delete(listener) };
      },
      drive: () => this.driven,
      sweepRuns: () => {
        this.run = { ...this.run, ...this.left };
        return Promise.resolve();
      },
    });
  }
}

function sessionOf(id: string) {
  return session.parse({
    id,
    kind: 'workflow',
    title: 'fix-tests',
    mode: 'workflow',
    task: 'fix-tests',
    status: 'active',
    iterations: 0,
    maxIterations: 11,
    context: {},
    tokens: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, total: 0 },
    toolCalls: 0,
    errors: 0,
    messages: 0,
    toolsUsed: [],
    blockedActions: [],
    metadata: {},
    pausing: false,
    revision: 1,
    createdAt: '2026-03-12T10:05:44.000Z',
    updatedAt: '2026-03-12T10:05:44.000Z',
  });
}
