import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as z from 'zod';
import { runStatus, runStep, type Run } from '../../../server/protocol/workflowMethods.ts';
import { sampleQuestion, sampleRun, sampleStep, sampleWorkflow } from '../../support/sampleRuns.ts';
import type { AgentInfo } from '../../../client/services/agentModel.ts';
import { inEnglish } from './inEnglish.ts';

const { runItem, stepItem } = await inEnglish(() => import('../../../client/views/runItem.ts'));
const { workflowFileItem } = await inEnglish(() => import('../../../client/views/workflowFileItem.ts'));
const { parkedText } = await inEnglish(() => import('../../../client/views/runWords.ts'));

const shown = z.looseObject({
  label: z.string(),
  description: z.string(),
  contextValue: z.string(),
  tooltip: z.string(),
  collapsibleState: z.number(),
  iconPath: z.looseObject({ id: z.string(), color: z.looseObject({ id: z.string() }).optional() }),
  accessibilityInformation: z.looseObject({ label: z.string() }),
});
const NOW = Date.parse('2026-12-24T10:00:00.000Z');
const rowOf = (run: Run, isBelowFile = true) => shown.parse(runItem(run, isBelowFile, NOW));
const codex: AgentInfo = { name: 'codex', protocol: 'command', command: ['codex'], isExperimental: true };
const stepRow = (change: Parameters<typeof sampleStep>[0]) =>
  shown.parse(stepItem(sampleRun(), sampleStep(change), codex, NOW));

describe('the row of a run', () => {
  it('says how far it is and how it is', () => {
    const row = rowOf(sampleRun());
    assert.match(row.label, /Nov 26/);
    assert.equal(row.description, '3/20 · active');
    assert.match(
      row.accessibilityInformation.label,
      /^Run of fix-tests, begun .*, active, 3 of 20 iterations$/,
    );
  });

  it('leaves out the day where that is today', () => {
    const startedAt = new Date(NOW - 1000).toISOString();
    assert.match(rowOf(sampleRun({ startedAt })).label, /^\d+:59\s[AP]M$/);
  });

  it('has its name where it does not stand below its file', () => {
    const row = rowOf(sampleRun(), false);
    assert.equal(row.label, 'fix-tests');
    assert.match(row.description, /^3\/20 · active · Nov 26/);
  });

  it('has another icon for each status', () => {
    const icons = runStatus.options.map((status) => rowOf(sampleRun({ status })).iconPath);
    const looks = icons.map(({ id, color }) => `${id} ${color?.id}`);
    assert.equal(new Set(looks).size, looks.length, looks.join(', '));
  });

  it('says what it waits for, and offers to answer just where it asks', () => {
    const parkedFor = { reason: 'gate', step: 'review' } as const;
    const parked = rowOf(sampleRun({ status: 'parked', parkedFor }));
    assert.equal(parked.description, '3/20 · at the gate of review');
    assert.equal(parked.contextValue, 'run.parked');
    assert.match(parked.tooltip, /Waits: "fix-tests" waits at the gate of step "review"\./);
    const asking = rowOf(sampleRun({ questions: [sampleQuestion()] }));
    assert.deepEqual([asking.description, asking.contextValue], ['3/20 · asks you', 'run.active.asking']);
    const over = rowOf(sampleRun({ status: 'failed', questions: [sampleQuestion()] }));
    assert.equal(over.contextValue, 'run.failed');
  });

  it('is folded once the run has ended', () => {
    assert.deepEqual(
      [rowOf(sampleRun()), rowOf(sampleRun({ status: 'completed' }))].map((row) => row.collapsibleState),
      [2, 1],
    );
  });

  it('tells in its tooltip what holds it to its limits, and what was not reported', () => {
    const { tooltip } = rowOf(
      sampleRun({
        limits: [{ name: 'costUsd', limit: 5, used: 1.5, enforcedBy: 'reports' }],
        inputs: { goal: 'all green' },
      }),
    );
    assert.match(tooltip, /Cost: \$1\.50 of \$5\.00 \(checked as agents report it/);
    assert.match(tooltip, /Tokens: not reported/);
    assert.match(tooltip, /Input goal: all green/);
  });
});

describe('the row of a step', () => {
  it('says how far it is and, where that is not plain from its icon, how it is', () => {
    assert.equal(stepRow({}).description, '0/10');
    assert.equal(stepRow({ status: 'running', iterations: 3 }).description, '3/10 · codex');
    assert.equal(stepRow({ status: 'waiting', hasGate: true }).description, '0/10 · gate');
    assert.equal(
      stepRow({ status: 'failed', iterations: 1, message: 'no\nsuch file' }).description,
      '1/10 · no such file',
    );
  });

  it('has another icon for each status', () => {
    const looks = runStep.shape.status.options.map((status) => stepRow({ status }).iconPath.id);
    assert.equal(new Set(looks).size, looks.length, looks.join(', '));
  });

  it('can be unfolded once it has begun', () => {
    assert.equal(stepRow({}).collapsibleState, 0);
    const begun = stepRow({ iterations: 1, session: 's1', status: 'parked' });
    assert.deepEqual([begun.collapsibleState, begun.contextValue], [1, 'runStep.begun.parked']);
  });

  it('marks an agent that is experimental, and one that is not there', () => {
    assert.match(stepRow({}).tooltip, /Agent: codex \(experimental\)/);
    const unknown = shown.parse(stepItem(sampleRun(), sampleStep(), undefined, NOW));
    assert.match(unknown.tooltip, /Agent: codex \(not among the agents of this computer\)/);
  });
});

describe('the row of a workflow file', () => {
  const row = (change: Parameters<typeof sampleWorkflow>[0], runs: Run[] = []) =>
    shown.parse(
      workflowFileItem(
        { path: '/home/ada/shop/a.lockstep.yaml', workflow: sampleWorkflow(change) },
        'a.lockstep.yaml',
        runs,
      ),
    );

  it('has the name of the workflow and the place of the file, and unfolds to its runs', () => {
    const { label, description, contextValue, collapsibleState } = row({});
    assert.deepEqual(
      [label, description, contextValue, collapsibleState],
      ['fix-tests', 'a.lockstep.yaml', 'workflowFile.fit', 0],
    );
    assert.equal(row({}, [sampleRun()]).collapsibleState, 2);
    assert.equal(row({}, [sampleRun({ status: 'failed' })]).collapsibleState, 1);
  });

  it('tells what is wrong with the file, which then cannot be run', () => {
    const problem = {
      severity: 'error',
      code: 'cycle',
      message: 'a needs b.',
      line: 6,
      character: 2,
    } as const;
    const broken = row({ problems: [problem, problem], steps: [] });
    assert.equal(broken.contextValue, 'workflowFile.broken');
    assert.equal(broken.description, '2 errors · a.lockstep.yaml');
    assert.match(broken.tooltip, /Line 7: a needs b\./);
    const unread = { path: '/home/ada/shop/a.lockstep.yaml', error: new Error('EACCES') };
    assert.match(shown.parse(workflowFileItem(unread, 'a.lockstep.yaml', [])).description, /cannot be read/);
  });
});

describe('the words for a run that is parked', () => {
  it('say at which limit, and how far', () => {
    const words = (parkedFor: NonNullable<Run['parkedFor']>) => parkedText('fix', parkedFor);
    assert.equal(
      words({ reason: 'stepIterations', step: 'a', used: 10, limit: 10 }),
      'Step "a" of "fix" has used 10 of 10 iterations.',
    );
    assert.equal(
      words({ reason: 'wallClock', used: 1_800_000, limit: 1_800_000 }),
      '"fix" has worked for 30 min of 30 min.',
    );
    assert.equal(words({ reason: 'costUsd', used: 5.2, limit: 5 }), '"fix" has cost $5.20 of $5.00.');
    assert.equal(
      words({ reason: 'tokens', used: 250_000, limit: 200_000 }),
      '"fix" has used 250,000 of 200,000 tokens.',
    );
  });
});
