import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LockstepError } from '../../../server/domain/errors.ts';
import {
  exportedEvent,
  exportedState,
  exportEnd,
  exportHeader,
  parseExport,
} from '../../../server/domain/sessionExport.ts';
import * as state from '../../../server/domain/sessionState.ts';
import type { SessionEvent } from '../../../server/protocol/event.ts';
import { sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';

const START = Date.UTC(2026, 0, 1);

function sample(id = 'one', more: object = {}) {
  const { session, iterationOpen, pauseReason } = state.start(
    sessionsStart.params.parse({ task: 'Fix it', mode: 'developer', ...more }),
    id,
    START,
  );
  const events: SessionEvent[] = [
    { seq: 1, timestamp: session.createdAt, type: 'start', data: { task: 'Fix it' } },
    { seq: 2, timestamp: session.createdAt, type: 'message', data: { content: 'a\nb \u2028 c' } },
  ];
  return { state: { session, iterationOpen, pauseReason }, events };
}

function whole({ state: one, events }: ReturnType<typeof sample>): string[] {
  return [exportHeader(), exportedState(one), ...events.map(exportedEvent), exportEnd(1, events.length)];
}

function refusal(content: string): string {
  try {
    parseExport(content);
  } catch (error) {
    assert.ok(error instanceof LockstepError);
    assert.equal(error.code, 'INVALID_PARAMS');
    return error.message;
  }
  return 'taken';
}

describe('an export', () => {
  it('is read as it was written, also with CRLF, a BOM and blank lines', () => {
    const one = sample();
    const text = whole(one).join('');
    for (const written of [
      text,
      text.replaceAll('\n', '\r\n'),
      `\uFEFF${text}`,
      text.replaceAll('\n', '\n\n'),
    ]) {
      assert.deepEqual(parseExport(written), [one]);
    }
  });

  it('that was cut off anywhere is refused', () => {
    const text = whole(sample()).join('');
    for (let length = 0; length < text.length - 1; length++) {
      assert.notEqual(refusal(text.slice(0, length)), 'taken', `at ${length}`);
    }
  });

  it('of which a line is missing, twice there or out of order is refused, with the line', () => {
    const lines = whole(sample());
    for (let index = 0; index < lines.length; index++) {
      assert.match(refusal(lines.toSpliced(index, 1).join('')), /line \d+/);
      assert.match(refusal(lines.toSpliced(index, 0, lines[index] ?? '').join('')), /line \d+/);
    }
    const [header = '', session = '', first = '', second = '', end = ''] = lines;
    assert.match(refusal([header, session, second, first, end].join('')), /event 1 was to come, not 2/);
  });

  it('whose values are not what a session can have is refused, with what is wrong', () => {
    const one = sample();
    const [header = '', , ...rest] = whole(one);
    const { session } = one.state;
    const cases: [object, RegExp][] = [
      [{ iterations: 51 }, /more iterations than its budget/],
      [{ status: 'completed' }, /does not agree with its status/],
      [{ endedAt: session.createdAt }, /does not agree with its status/],
      [{ title: 'x'.repeat(2000) }, /title/],
      [{ task: '\ud800' }, /task.*lone surrogate/],
      [{ label: '' }, /label/],
      [{ tokens: { ...session.tokens, input: -1 } }, /tokens.input/],
      [{ createdAt: 'yesterday' }, /createdAt/],
      [{ trashedAt: session.createdAt }, /trashedAt/],
      [{ surprise: 1 }, /surprise/],
    ];
    for (const [change, expected] of cases) {
      const line = exportedState({ ...one.state, session: { ...session, ...change } });
      assert.match(refusal([header, line, ...rest].join('')), expected);
    }
  });

  it('of a newer format, or of another program, says so', () => {
    const lines = whole(sample()).slice(1);
    assert.match(refusal(['{"lockstep":"export","version":2}\n', ...lines].join('')), /format 2.*update it/);
    for (const text of ['', 'hello', '{}', '[]', 'null', '{"type":"session"}', ...lines])
      assert.match(refusal(text), /not an export of Lockstep|cut off/);
  });

  it('with one session twice is refused', () => {
    const [header = '', ...one] = whole(sample()).slice(0, -1);
    assert.match(refusal([header, ...one, ...one, exportEnd(2, 4)].join('')), /one is there twice/);
  });

  it('of any text is read or refused, and never anything else', () => {
    const lines = whole(sample());
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.constantFrom(...lines),
            fc.string(),
            fc.json(),
            fc.json().map((json) => `{"event":${json}}\n`),
          ),
          {
            maxLength: 8,
          },
        ),
        (parts) => {
          refusal(parts.join(''));
        },
      ),
    );
  });
});
