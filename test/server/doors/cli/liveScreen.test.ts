import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LiveScreen } from '../../../../server/doors/cli/liveScreen.ts';
import { Emulator } from './emulator.ts';
import { FakeTerminal } from './inProcess.ts';

function newScreen(columns = 20) {
  const terminal = new FakeTerminal(columns, 10);
  const seen = new Emulator(columns);
  const screen = new LiveScreen(terminal);
  const draw = (live: readonly string[], above: readonly string[] = []) => {
    screen.draw(live, above);
    return seen.feed(String(terminal.read())).text;
  };
  const close = () => {
    screen.close();
    const said = String(terminal.read() ?? '');
    seen.feed(said);
    return said;
  };
  return { terminal, seen, draw, close };
}

describe('the live screen', () => {
  it('draws anew in place, whether there is more or less', () => {
    const { draw, seen } = newScreen();
    seen.feed('$ lockstep watch\n');
    assert.equal(draw(['one', 'two is long', 'three']), '$ lockstep watch\none\ntwo is long\nthree');
    assert.equal(draw(['one', 'two']), '$ lockstep watch\none\ntwo');
    assert.equal(draw(['1', '2', '3', '4']), '$ lockstep watch\n1\n2\n3\n4');
    assert.equal(draw(['only']), '$ lockstep watch\nonly');
  });

  it('draws lines that are as wide as the terminal', () => {
    const { draw } = newScreen(5);
    assert.equal(draw(['12345', '67890']), '12345\n67890');
    assert.equal(draw(['abcde', 'fghij']), 'abcde\nfghij');
  });

  it('puts above what stays', () => {
    const { draw } = newScreen();
    draw(['status 1']);
    assert.equal(draw(['status 2'], ['event 1', 'event 2']), 'event 1\nevent 2\nstatus 2');
    assert.equal(draw(['status 3'], ['event 3']), 'event 1\nevent 2\nevent 3\nstatus 3');
    assert.equal(draw([], ['event 4']), 'event 1\nevent 2\nevent 3\nevent 4');
    assert.equal(draw([]), 'event 1\nevent 2\nevent 3\nevent 4');
  });

  it('finds its beginning in a terminal that became narrower and has wrapped the lines', () => {
    const { terminal, draw } = newScreen(20);
    draw(['1234567890', 'abc']);
    terminal.columns = 5;
    const narrow = new Emulator(5).feed('1234567890\nabc');
    const again = new LiveScreen(terminal);
    again.draw(['1234567890', 'abc']);
    terminal.read();
    again.draw(['12345']);
    assert.equal(narrow.feed(String(terminal.read())).text, '12345');
  });

  it('hides the cursor while it draws, and gives it back on a line of its own, once', () => {
    const { draw, seen, close } = newScreen();
    assert.equal(close(), '', 'what was never drawn on is left alone');
    draw(['one', 'two']);
    assert.equal(seen.isCursorShown, false);
    close();
    assert.equal(seen.isCursorShown, true);
    assert.deepEqual(seen.cursor, [2, 0]);
    assert.equal(close(), '');
  });
});
