import type { Run, RunQuestion, RunStep, Workflow } from '../../server/protocol/workflowMethods.ts';

export function sampleStep(change: Partial<RunStep> = {}): RunStep {
  return {
    id: 'fix',
    status: 'waiting',
    iterations: 0,
    maxIterations: 10,
    needs: [],
    agent: 'codex',
    hasGate: false,
    isGateOpen: false,
    isAsking: false,
    ...change,
  };
}

export function sampleRun(change: Partial<Run> = {}): Run {
  return {
    id: 'r1',
    name: 'fix-tests',
    file: '/home/ada/shop/fix-tests.lockstep.yaml',
    workspace: '/home/ada/shop',
    status: 'active',
    iterations: 3,
    maxIterations: 20,
    startedAt: '2026-11-26T10:00:00.000Z',
    inputs: {},
    limits: [],
    activeMs: 0,
    steps: [sampleStep()],
    questions: [],
    revision: 1,
    ...change,
  };
}

export function sampleQuestion(change: Partial<RunQuestion> = {}): RunQuestion {
  return {
    id: 'q1',
    step: 'fix',
    title: 'May I write to package.json?',
    options: [
      { id: 'yes', name: 'Allow', kind: 'allow_once' },
      { id: 'no', name: 'Reject', kind: 'reject_once' },
    ],
    ...change,
  };
}

export function sampleWorkflow(change: Partial<Workflow> = {}): Workflow {
  return {
    file: '/home/ada/shop/fix-tests.lockstep.yaml',
    name: 'fix-tests',
    digest: 'd1',
    isKnown: false,
    problems: [],
    inputs: [],
    maxIterations: 20,
    permissions: 'ask',
    limits: [],
    steps: [
      {
        id: 'fix',
        line: 3,
        needs: [],
        agent: 'codex',
        maxIterations: 10,
        until: 'npm test',
        env: {},
        hasGate: false,
      },
    ],
    ...change,
  };
}
