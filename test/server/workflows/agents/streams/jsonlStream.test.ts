import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JsonlStream } from '../../../../../server/workflows/agents/streams/jsonlStream.ts';

const line = (value: unknown) => JSON.stringify(value);
const SUCCESS = line({ type: 'result', outcome: 'success' });

function read(lines: readonly string[], rest?: string) {
  const stream = new JsonlStream();
  const events = stream.lines(lines);
  return { events, said: stream.end({ code: 0, rest }) };
}

describe('a stream of JSON lines', () => {
  it('has the last message of the assistant for its answer, unless the result has one', () => {
    const messages = [
      line({ type: 'message', text: 'first' }),
      line({ type: 'message', text: 'second' }),
      line({ type: 'message', role: 'thought', text: 'hm' }),
    ];
    assert.equal(read([...messages, SUCCESS]).said.output, 'second');
    const result = line({ type: 'result', outcome: 'success', output: 'third' });
    assert.equal(read([...messages, result]).said.output, 'third');
  });

  it('takes a success back for an error that comes after it, and an error for a success', () => {
    const error = line({ type: 'error', message: 'could not save' });
    const { said } = read([SUCCESS, error]);
    assert.equal(said.outcome, 'error');
    assert.equal(said.message, 'could not save');
    assert.equal(read([error, SUCCESS]).said.outcome, 'success');
  });

  it('understands a last line without a line end', () => {
    assert.equal(read([], SUCCESS).said.outcome, 'success');
  });

  it('says that the agent reached a limit of its own', () => {
    const { said } = read([line({ type: 'result', outcome: 'limit', message: 'no more turns' })]);
    assert.equal(said.outcome, 'limit');
    assert.equal(said.message, 'no more turns');
  });

  it('gives tool calls with input and output as they are', () => {
    const call = {
      type: 'toolCall',
      callId: '1',
      name: 'ls',
      input: { a: [1] },
      status: 'done',
      output: null,
    };
    assert.deepEqual(read([line(call), SUCCESS]).events[0], call);
  });

  it('shows as it is what is JSON but none of its lines', () => {
    for (const text of ['null', '3', '[]', '{}', '{"type":"message"}', '{"type":"usage","costUsd":-1}'])
      assert.deepEqual(read([text]).events, [{ type: 'raw', stream: 'stdout', text }]);
    assert.deepEqual(read(['', '  ']).events, []);
  });
});
