import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matchOutput } from '../../../../server/workflows/run/outputMatch.ts';

describe('a pattern that an answer is held against', () => {
  it('matches in any of its lines, or does not', () => {
    assert.deepEqual(matchOutput('^DONE$', 'all is well\nDONE\n'), { matches: true });
    assert.deepEqual(matchOutput('^DONE$', 'NOT DONE'), { matches: false });
  });

  it('that takes too long is no pattern that does not match: it says so', () => {
    assert.deepEqual(matchOutput('^(a+)+$', `${'a'.repeat(60)}!`), {
      problem: 'untilOutput took too long on this answer: make the pattern simpler.',
    });
  });

  it('that cannot be read here says so', () => {
    const match = matchOutput('(', 'x');
    assert.match('problem' in match ? match.problem : '', /could not be held against this answer: .*Invalid/);
  });
});
