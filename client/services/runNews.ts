import type { Run, RunQuestion } from '../../server/protocol/workflowMethods.ts';

/** Something about a run that a person is told of once. */
export type RunNews = {
  readonly run: Run;
  /** The same in all windows, and another one for what happens later. */
  readonly of: string;
} & (
  | { readonly kind: 'asks'; readonly question: RunQuestion }
  | { readonly kind: 'parked'; readonly parkedFor: NonNullable<Run['parkedFor']> }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'completed' }
);

/** What there is to be told of a run. That it was stopped or paused is known to whoever did it. */
export function newsOf(run: Run): readonly RunNews[] {
  switch (run.status) {
    case 'completed':
      return [{ run, kind: 'completed', of: 'completed' }];
    case 'failed':
      return [{ run, kind: 'failed', of: 'failed' }];
    case 'stopped':
    case 'stopping':
      return [];
    case 'interrupted':
      // Also where nothing tells why, as after a restart of the computer: it goes on only when somebody says so.
      return [{ run, kind: 'interrupted', of: `interrupted:${run.iterations}` }];
    case 'parked':
    case 'active':
    case 'pausing':
    case 'paused':
      return [...parkedNews(run), ...questionNews(run)];
  }
}

function questionNews(run: Run): RunNews[] {
  return run.questions.map((question) => ({ run, kind: 'asks', question, of: `question:${question.id}` }));
}

/** The limit grows with each continuation, so that the next time at it is another piece of news. */
function parkedNews(run: Run): RunNews[] {
  const { parkedFor } = run;
  if (run.status !== 'parked' || parkedFor === undefined) return [];
  const { reason, step = '', limit = '' } = parkedFor;
  return [{ run, kind: 'parked', parkedFor, of: `parked:${reason}:${step}:${limit}` }];
}
