import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { newsOf } from '../../../client/services/runNews.ts';
import type { Run } from '../../../server/protocol/workflowMethods.ts';
import { sampleQuestion, sampleRun } from '../../support/sampleRuns.ts';
import { inEnglish, whileShown } from './inEnglish.ts';

const { tellManyNews, tellRunNews } = await inEnglish(() => import('../../../client/views/runMessages.ts'));

const parked = sampleRun({
  status: 'parked',
  parkedFor: { reason: 'stepIterations', step: 'fix', used: 10, limit: 10 },
});

/** Tells the first piece of news of a run, presses a button, and gives what came of it. */
async function told(run: Run, button: string, { now = run, place }: { now?: Run; place?: string } = {}) {
  const done: unknown[] = [];
  const [news] = newsOf(run);
  assert.ok(news);
  const shown = await whileShown([button], () =>
    tellRunNews(news, place, {
      current: () => Promise.resolve(now),
      answer: async (...answer) => void done.push(answer),
      addIterations: async (...more) => void done.push(more),
      onError: (error) => assert.fail(String(error)),
    }),
  );
  return { ...shown, done };
}

describe('what a person is told of a run', () => {
  it('at a limit of iterations is how far it is, with as many more at one press, or another number', async () => {
    const { messages, done } = await told(parked, 'Continue with 10 More');
    assert.deepEqual(messages, [
      {
        severity: 'warning',
        text: 'Step "fix" of "fix-tests" has used 10 of 10 iterations.',
        buttons: ['Continue with 10 More', 'Continue…', 'Show Run'],
      },
    ]);
    assert.deepEqual(done, [['r1', 10, 'fix']]);
    const other = await told(parked, 'Continue…');
    assert.deepEqual(other.executed, [['lockstep.continueRun', 'r1']]);
  });

  it('offers no more iterations than a run may have', async () => {
    const { done } = await told(sampleRun({ ...parked, maxIterations: 99_998 }), 'Continue with 2 More');
    assert.deepEqual(done, [['r1', 2, 'fix']]);
  });

  it('says that the last iteration was cut where that is why', async () => {
    const { messages } = await told({ ...parked, error: 'Step fix: its last iteration was cut.' }, '');
    assert.match(messages[0]?.text ?? '', /10 iterations\. Step fix: its last iteration was cut\.$/);
  });

  it('of a folder that is not open here names the folder', async () => {
    const { messages } = await told(parked, '', { place: 'bank' });
    assert.equal(messages[0]?.text, 'Step "fix" of "fix-tests (bank)" has used 10 of 10 iterations.');
  });

  it('changes nothing where somebody has settled it since, which is said', async () => {
    const { messages, executed, done } = await told(parked, 'Continue…', { now: sampleRun() });
    assert.equal(messages[1]?.text, 'Nothing was changed: the run of "fix-tests" is active by now.');
    assert.deepEqual([executed, done], [[], []]);
    const asking = sampleRun({ questions: [sampleQuestion()] });
    const answered = await told(asking, 'Allow (allows it once)', { now: sampleRun() });
    assert.equal(answered.messages[1]?.text, 'The question is not open any more.');
    assert.deepEqual(answered.done, []);
  });

  it('is the question of an agent, whole, with its answers', async () => {
    const asking = sampleRun({ questions: [sampleQuestion()] });
    const { messages, done } = await told(asking, 'Allow (allows it once)');
    assert.deepEqual(messages[0]?.buttons, ['Allow (allows it once)', 'Reject (refuses it once)']);
    assert.deepEqual(done, [['r1', 'q1', 'yes']]);
  });

  it('has no answers beside a question that is too long to be read there', async () => {
    const question = sampleQuestion({ title: `Run: true ${'x'.repeat(300)}; rm -rf ~` });
    const { messages, executed } = await told(sampleRun({ questions: [question] }), 'Answer…');
    assert.deepEqual(messages[0]?.buttons, ['Answer…']);
    assert.deepEqual(executed, [['lockstep.answerRun', 'r1']]);
  });

  it('is that it was interrupted, and why where that is known', async () => {
    const { messages, executed } = await told(sampleRun({ status: 'interrupted' }), 'Resume');
    assert.deepEqual(messages, [
      {
        severity: 'warning',
        text: 'The run of "fix-tests" was interrupted. It goes on when you resume it.',
        buttons: ['Resume', 'Show Run'],
      },
    ]);
    assert.deepEqual(executed, [['lockstep.resumeRun', 'r1']]);
    const known = await told(sampleRun({ status: 'interrupted', error: 'There is no agent codex.' }), '');
    assert.equal(known.messages[0]?.text, 'The run of "fix-tests" was interrupted: There is no agent codex.');
  });

  it('is how many have come to what, where they are many', async () => {
    const runs = ['a', 'b', 'c'].map((id) => sampleRun({ id, status: 'interrupted' }));
    const { messages, executed } = await whileShown(['Show Workflows'], () =>
      tellManyNews([...runs, parked].flatMap(newsOf)),
    );
    assert.equal(messages[0]?.text, '4 runs have come to rest: 3 interrupted, 1 parked.');
    assert.deepEqual(executed, [['lockstep.workflows.focus']]);
  });
});
