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
import { MAX_ITERATIONS } from '../../../server/protocol/session.ts';
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

/** All at once. */
function read(content: string, now = START) {
  const reading = parseExport(content, now);
  for (;;) {
    const step = reading.next();
    if (step.done === true) return step.value;
  }
}

function refusal(content: string): string {
  try {
    read(content);
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
      `\n \n${text}`,
    ]) {
      assert.deepEqual(read(written), [one]);
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
      // Counters that would go over what a number holds exactly, and make the store unreadable.
      ...['toolCalls', 'errors', 'messages'].map((name): [object, RegExp] => [
        { [name]: Number.MAX_SAFE_INTEGER },
        new RegExp(`session.${name}`),
      ]),
      [{ tokens: { ...session.tokens, total: 1e12 + 1 } }, /session.tokens.total/],
      [{ costUsd: 1.7e308 }, /session.costUsd/],
      [{ forkedFrom: { id: 'x', seq: Number.MAX_SAFE_INTEGER } }, /session.forkedFrom.seq/],
      [{ toolsUsed: ['x'.repeat(257)] }, /session.toolsUsed.0/],
      [{ toolsUsed: ['\ud800'] }, /session.toolsUsed.0/],
      [{ blockedActions: Array.from({ length: 10_001 }, () => 'x') }, /session.blockedActions/],
      [{ id: 'a\u0000b' }, /session.id must not hold control characters/],
      [{ id: 'a\nb' }, /session.id must not hold control characters/],
      [{ label: 'a\u0085b' }, /session.label must not hold control characters/],
      [{ parentId: 'a\tb' }, /session.parentId must not hold control characters/],
      [{ createdAt: '1969-12-31T23:59:59.999Z' }, /session.createdAt is before 1970/],
      [{ updatedAt: '9999-12-31T23:59:59.999Z' }, /session.updatedAt is .*later than tomorrow/],
      [{ archivedAt: '2026-01-02T00:00:00.001Z' }, /session.archivedAt is .*later than tomorrow/],
    ];
    for (const [change, expected] of cases) {
      const line = exportedState({ ...one.state, session: { ...session, ...change } });
      assert.match(refusal([header, line, ...rest].join('')), expected);
    }
  });

  it('of a newer format, or of another program, says so', () => {
    const lines = whole(sample()).slice(1);
    assert.match(refusal(['{"lockstep":"export","version":2}\n', ...lines].join('')), /format 2.*update it/);
    for (const version of [0, -3, 1.5, '1'])
      assert.match(
        refusal(`{"lockstep":"export","version":${JSON.stringify(version)}}\n${lines.join('')}`),
        /not an export of Lockstep/,
      );
    assert.match(refusal(['\n', ...lines].join('')), /line 2: this is not an export of Lockstep/);
    for (const text of ['', 'hello', '{}', '[]', 'null', '{"type":"session"}', ...lines])
      assert.match(refusal(text), /not an export of Lockstep|cut off/);
  });

  it('with a line that is none says which field is wrong', () => {
    const [header = '', session = '', first = '', ...rest] = whole(sample());
    const [begin] = sample().events;
    assert.ok(begin);
    const changed = (change: object) =>
      refusal([header, session, exportedEvent({ ...begin, ...change }), ...rest].join(''));
    assert.match(changed({ type: 'BAD TYPE' }), /line 3: event.type must be/);
    assert.match(changed({ data: undefined }), /line 3: event.data must be an object/);
    assert.match(changed({ seq: 'x' }), /line 3: event.seq /);
    assert.match(changed({ timestamp: '1969-01-01T00:00:00Z' }), /line 3: event.timestamp is before 1970/);
    assert.match(
      changed({ timestamp: '2026-01-03T00:00:00Z' }),
      /line 3: event.timestamp .*later than tomorrow/,
    );
    assert.match(
      refusal([header, session, first, '{"end":{"sessions":-1}}'].join('')),
      /line 4: end.sessions /,
    );
    assert.match(refusal([header, '{"other":1}\n'].join('')), /line 2: is not a line of an export/);
  });

  it('of a session with more iterations than any budget allows is refused', () => {
    const { state: one, events } = sample();
    const [begin] = events;
    assert.ok(begin);
    const lines = [exportHeader(), exportedState(one), exportedEvent(begin)];
    for (let seq = 2; seq <= MAX_ITERATIONS + 2; seq++)
      lines.push(exportedEvent({ ...begin, seq, type: 'iteration', data: {} }));
    assert.match(refusal(lines.join('')), /line 100004: is one iteration more than the 100000/);
  });

  it('is read in steps between which others have their turn, also where it is nothing but blank lines', () => {
    for (const text of [
      whole(sample('one', { context: { text: 'x'.repeat(900_000) } })).join(''),
      `${exportHeader()}${'\n'.repeat(3_000_000)}`,
    ]) {
      assert.equal(parseExport(text, START).next().done, false);
    }
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
