import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isEnded } from '../../../client/services/runStates.ts';
import { isOfFolders, listWorkflows, shownRuns } from '../../../client/services/workflowListing.ts';
import { sampleQuestion, sampleRun } from '../../support/sampleRuns.ts';

const file = { path: '/home/ada/shop/fix-tests.lockstep.yaml' };
const here = sampleRun({ id: 'here' });
const gone = sampleRun({ id: 'gone', file: '/home/ada/shop/old.lockstep.yaml', status: 'parked' });
const fileless = sampleRun({ id: 'fileless', file: undefined });
const elsewhere = sampleRun({
  id: 'elsewhere',
  file: '/home/ada/bank/a.lockstep.yaml',
  workspace: '/home/ada/bank',
  status: 'parked',
});
const list = (isLimited: boolean) =>
  listWorkflows({
    files: [file],
    runs: [here, gone, fileless, elsewhere],
    folders: ['/home/ada/shop'],
    isLimited,
  });
const ids = (runs: readonly { readonly id: string }[]) => runs.map(({ id }) => id);

describe('the list of workflows', () => {
  it('has each run once: below its file, or where runs stand whose file is not in the list', () => {
    const { files, groups } = list(false);
    assert.deepEqual(
      files.map(({ runs }) => ids(runs)),
      [['here']],
    );
    assert.deepEqual(ids(groups.otherFiles), ['gone', 'fileless']);
    assert.deepEqual(ids(groups.otherWorkspaces), ['elsewhere']);
  });

  it('leaves out runs of other workspaces where the scope does', () => {
    assert.deepEqual(list(true).groups.otherWorkspaces, []);
  });

  it('counts the runs of this window that wait for a person', () => {
    assert.equal(list(false).waiting, 1);
    const asking = sampleRun({ questions: [sampleQuestion()] });
    const runs = [
      asking,
      sampleRun({ id: 'p', status: 'paused' }),
      { ...asking, status: 'stopped' as const },
    ];
    assert.equal(
      listWorkflows({ files: [], runs, folders: ['/home/ada/shop'], isLimited: false }).waiting,
      1,
    );
  });

  it('takes a folder that begins with the same letters for another one', () => {
    assert.equal(isOfFolders(sampleRun({ workspace: '/home/ada/shop2' }), ['/home/ada/shop']), false);
    assert.equal(isOfFolders(sampleRun({ workspace: '/home/ada/shop/sub' }), ['/home/ada/shop/']), true);
  });

  it('shows all open runs of a file, and the newest of those that have ended', () => {
    const runs = [1, 2, 3, 4].map((number) =>
      sampleRun({ id: `r${number}`, status: number === 4 ? 'paused' : 'completed' }),
    );
    const { shown, left } = shownRuns(runs, (run) => !isEnded(run), 2);
    assert.deepEqual([ids(shown), left], [['r1', 'r2', 'r4'], 1]);
  });
});
