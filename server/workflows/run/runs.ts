import { stat } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { v7 as uuidv7 } from 'uuid';
import { LockstepError } from '../../domain/errors.ts';
import { retry } from '../../domain/errorActions.ts';
import * as sessionState from '../../domain/sessionState.ts';
import { together, type Decide } from '../../domain/sessionStep.ts';
import { isPlain, meant, type Addition } from '../../domain/workflowContinuation.ts';
import { RUN_KIND, type WorkflowPlan } from '../../domain/workflowPlan.ts';
import * as workflowRun from '../../domain/workflowRun.ts';
import { isEnded } from '../../domain/workflowRunState.ts';
import type { Leases } from '../../locks/leases.ts';
import type { Clock } from '../../platform/clock.ts';
import { jsonBytes, MAX_JSON_BYTES } from '../../protocol/json.ts';
import type { Session } from '../../protocol/session.ts';
import { sessionsStart } from '../../protocol/sessionLifecycleMethods.ts';
import type { Run, Workflow } from '../../protocol/workflowMethods.ts';
import type { SessionStore } from '../../store/sessionStore.ts';
import { unknownAgents, type AgentCatalogue } from '../agents/agentCatalogue.ts';
import { linePositions } from '../format/linePositions.ts';
import { digestOf, planOf } from '../format/plan.ts';
import { enforcementOf } from './limitView.ts';
import { withMoreOffered } from './moreIterations.ts';
import { goingOn, recorded, resumed } from './runChange.ts';
import type { RunDriver } from './runDriver.ts';
import type { RunLooks } from './runLooks.ts';
import { LEFT_EVENT, stateEvent } from './runRecord.ts';
import { hasEnded, movedOn } from './runRefusals.ts';
import { obeyed, REQUEST_EVENT, type RunRequest } from './runRequest.ts';
import { currentRun, lacksItsEnd, type CurrentRun, type RunFacts } from './runView.ts';
import {
  limitsOfFile,
  planSource,
  readWorkflow,
  workflowView,
  type WorkflowSource,
} from './workflowSource.ts';

/**
 * How long a runner may take to hear what was asked, in milliseconds: one that is leaving hears nothing any more, and takes
 * as long as its agents take to end. One that takes longer hears it later.
 */
const HEAR_MS = 20_000;
const LOOK_MS = 50;

export interface RunsParts {
  readonly sessions: SessionStore;
  readonly leases: Leases;
  readonly clock: Clock;
  readonly agents: AgentCatalogue;
  readonly looks: RunLooks;
  readonly driver: Pick<RunDriver, 'drive'>;
  /** Starts a process that drives a run; gives how it has ended, as a sentence, where it has before `isTaken`. */
  readonly launch: (id: string, isTaken: () => Promise<boolean>) => Promise<string | undefined>;
}

export interface RunStart {
  /** Absolute. */
  readonly file: string;
  readonly workspace?: string | undefined;
  readonly inputs: Readonly<Record<string, string>>;
  /** Of the text that was agreed to. */
  readonly digest?: string | undefined;
}

/**
 * Starts runs and tells them what to do. None of it is done here: what is asked for is written to the run, which needs no
 * lease, and is its runner's to obey; where there is none, one is started.
 */
export class Runs {
  readonly #parts: RunsParts;

  constructor(parts: RunsParts) {
    this.#parts = parts;
  }

  async read(file: string): Promise<Workflow> {
    const { agents, looks } = this.#parts;
    const source = await this.#source(file);
    const isKnown = await looks.isKnown(file, digestOf(source.text));
    return workflowView(source, isKnown, await enforcementOf(limitsOfFile(source), agents));
  }

  /**
   * @throws LockstepError INVALID_PARAMS for a file with errors or another text than was agreed to, an agent that is not
   *   there, or inputs that do not fit
   */
  async start({ file, workspace = dirname(file), inputs, digest }: RunStart): Promise<Run> {
    const { sessions, clock, agents } = this.#parts;
    const source = await this.#source(file);
    const { document } = source;
    if (digest !== undefined && digest !== digestOf(source.text)) throw changedWorkflow(source);
    if (document.file === undefined) throw badWorkflow(source);
    const plan = planOf(planSource(source, document.file), inputs);
    const settings = await agents.settings();
    const missing = new Set(
      plan.steps.map(({ agent }) => agent).filter((name) => !settings.agents.has(name)),
    );
    if (missing.size > 0) throw unknownAgents([...missing], settings);
    await mustBeFolder(workspace);
    if (jsonBytes({ plan }) > MAX_JSON_BYTES) throw tooLarge(plan);

    const now = clock.now();
    const params = sessionsStart.params.parse({
      kind: RUN_KIND,
      task: document.file.description ?? file,
      title: plan.name.replaceAll(/\p{Cc}/gu, ' '),
      mode: RUN_KIND,
      maxIterations: plan.maxIterations,
      workspace,
      metadata: { plan },
    });
    const first = sessionState.start(params, uuidv7(), now);
    const record = { state: workflowRun.start(plan, now), fence: 0, handled: 0, questions: [] };
    const { id } = await sessions.create({ ...first, events: [...first.events, stateEvent(record)] });
    return this.#driven(id);
  }

  async pause(id: string): Promise<Run> {
    const { looks, clock } = this.#parts;
    const facts = await looks.facts(id);
    const now = clock.now();
    const current = openRun(facts, now);
    if (lacksItsEnd(facts, current)) throw atItsEnd(id, current);
    workflowRun.pause(facts.plan, current.state, now);
    await this.#control(id, sessionState.pause({ id }));
    return looks.view(id);
  }

  /**
   * What is asked for is settled here, by the run as it is now, and means the same when its runner obeys.
   * @throws LockstepError ITERATION_LIMIT, INVALID_PARAMS or ILLEGAL_TRANSITION, as the run is now; ITERATION_LIMIT offers
   *   to add
   */
  async continue(id: string, addition: Addition): Promise<Run> {
    const { looks, clock } = this.#parts;
    const facts = await looks.facts(id);
    const { plan } = facts;
    const now = clock.now();
    const current = openRun(facts, now);
    if (lacksItsEnd(facts, current)) return this.#driven(id);
    const { state, status } = current;
    const lacksRunner = status === 'interrupted' && isPlain(addition);
    try {
      const more = lacksRunner ? {} : meant(plan, state, addition);
      const request = { kind: 'continue' as const, ...more };
      obeyed(plan, state, request, now);
      await this.#ask(id, request, isPlain(addition) ? resumed : goingOn);
    } catch (error) {
      throw withMoreOffered(id, error);
    }
    return this.#driven(id);
  }

  /** Where nobody drives the run, it is ended here: nothing begins any more. */
  async stop(id: string): Promise<Run> {
    const { looks, clock, driver } = this.#parts;
    const facts = await looks.facts(id);
    const current = openRun(facts, clock.now());
    const isAsked = current.status === 'stopping' || lacksItsEnd(facts, current);
    if (!isAsked) workflowRun.stop(facts.plan, current.state, clock.now());
    if (!isAsked) await this.#ask(id, { kind: 'stop' });
    if (!(await this.#isHeard(id))) await this.#endHere(id, driver);
    return looks.view(id);
  }

  async answer(id: string, question: string, option: string | undefined): Promise<Run> {
    const { looks } = this.#parts;
    const { questions } = await looks.view(id);
    const asked = questions.find((one) => one.id === question);
    if (asked === undefined)
      throw new LockstepError(
        'INVALID_PARAMS',
        `question: run ${id} does not wait for an answer to it any more.`,
        {
          details: { param: 'question', questions: questions.map((one) => one.id) },
        },
      );
    if (option !== undefined && !asked.options.some((one) => one.id === option))
      throw new LockstepError('INVALID_PARAMS', `option: the question has no option ${option}.`, {
        details: { param: 'option', options: asked.options.map((one) => one.id) },
      });
    await this.#ask(id, { kind: 'answer', question, ...(option === undefined ? {} : { option }) });
    return looks.view(id);
  }

  #source(file: string): Promise<WorkflowSource> {
    return this.#parts.agents.settings().then(({ agents }) => readWorkflow(file, [...agents.keys()]));
  }

  async #ask(id: string, request: RunRequest, besides?: Decide): Promise<void> {
    const asked = recorded({ type: REQUEST_EVENT, data: { ...request } });
    await this.#control(id, besides === undefined ? asked : together(asked, besides));
  }

  #control(id: string, decide: Decide): Promise<Session> {
    return this.#parts.leases.control(id, decide).catch((error: unknown) => {
      throw movedOn(id, error);
    });
  }

  /** A stop is obeyed before anything else, so nothing is run by this process. */
  async #endHere(id: string, driver: Pick<RunDriver, 'drive'>): Promise<void> {
    try {
      await driver.drive(id, new AbortController().signal);
    } catch (error) {
      // Another has taken it meanwhile, and obeys.
      if ((await this.#parts.leases.holder(id)) === undefined) throw error;
    }
  }

  /**
   * Whether the runner of the run has heard all that was asked, or the run has ended. False: it has none, or that one has
   * left without a word.
   */
  async #isHeard(id: string): Promise<boolean> {
    const until = performance.now() + HEAR_MS;
    for (;;) {
      const { session, runner, news } = await this.#parts.looks.facts(id);
      if (session.endedAt !== undefined) return true;
      if (runner === undefined) return false;
      const isHeard = news.every(({ type }) => type !== REQUEST_EVENT);
      if (isHeard || performance.now() >= until) return true;
      await pause(LOOK_MS);
    }
  }

  /** The run, after a process was started that drives it, if none did that has heard what was asked. */
  async #driven(id: string): Promise<Run> {
    const { leases, looks, launch } = this.#parts;
    if (await this.#isHeard(id)) return looks.view(id);
    const isDriven = async () => (await leases.holder(id)) !== undefined;
    const ended = await launch(id, isDriven);
    const run = await looks.view(id);
    if (ended === undefined || (await isDriven())) return run;
    const rests = ['completed', 'failed', 'stopped', 'parked', 'paused'].includes(run.status);
    if (rests) return run;
    if (run.error === undefined)
      await leases.control(id, recorded({ type: LEFT_EVENT, data: { message: ended } }));
    throw new LockstepError(
      'INTERNAL',
      `Run ${id} is recorded, and the process that was to drive it has gone. ${run.error ?? ended}`,
      {
        details: { id },
        actions: [{ kind: 'command', label: 'Resume', method: 'runs.continue', params: { id } }, retry],
      },
    );
  }
}

/** @throws LockstepError ILLEGAL_TRANSITION where others have ended its session before it came to its end */
function openRun(facts: RunFacts, now: number): CurrentRun {
  const current = currentRun(facts, now);
  if (facts.session.endedAt !== undefined && !isEnded(current.state.status)) throw hasEnded(facts.session);
  return current;
}

function atItsEnd(id: string, { state: { status } }: CurrentRun): LockstepError {
  return new LockstepError(
    'ILLEGAL_TRANSITION',
    `Cannot pause run ${id}: it has ${status}, and only its end is not written yet, as its runner has gone. Continue it, and that is done.`,
    {
      details: { id, from: status, to: 'paused', allowedFrom: ['active'] },
      actions: [{ kind: 'command', label: 'Resume', method: 'runs.continue', params: { id } }],
    },
  );
}

function badWorkflow({ path, unreadable, text, document }: WorkflowSource): LockstepError {
  const errors = document.problems.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  const positionOf = linePositions(text);
  const at = first === undefined ? undefined : positionOf(first.from);
  const where = at === undefined ? path : `${path}:${at.line + 1}:${at.character + 1}`;
  const more =
    errors.length > 1 ? ` There are ${errors.length - 1} more errors; workflows.read tells all.` : '';
  return new LockstepError(
    'INVALID_PARAMS',
    `file: ${where}: ${unreadable ?? first?.message ?? 'It is no workflow.'}${more}`,
    { details: { param: 'file', path, errors: Math.max(1, errors.length) } },
  );
}

function changedWorkflow({ path }: WorkflowSource): LockstepError {
  return new LockstepError(
    'INVALID_PARAMS',
    `file: ${path} has another text now than the one that was shown, so nothing was run. Run it again to see what it does now.`,
    { details: { param: 'digest', path } },
  );
}

async function mustBeFolder(workspace: string): Promise<void> {
  const isFolder = await stat(workspace).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isFolder && isAbsolute(workspace)) return;
  throw new LockstepError('INVALID_PARAMS', `workspace: ${workspace} is not the absolute path of a folder.`, {
    details: { param: 'workspace', path: workspace },
  });
}

function tooLarge({ name }: WorkflowPlan): LockstepError {
  return new LockstepError(
    'INVALID_PARAMS',
    `file: workflow ${name} with its inputs is larger than the ${MAX_JSON_BYTES} bytes (1 MiB) that a run can keep. Put long texts into files that its prompts name.`,
    { details: { param: 'file', most: MAX_JSON_BYTES } },
  );
}
