import type { TestContext } from 'node:test';
import { Emulator } from './emulator.ts';
import { listener } from './heard.ts';
import { FakeTerminal } from './inProcess.ts';

/** Somebody at a terminal. */
export function newTerminal(t: TestContext, columns = 100, rows = 30) {
  const [keyboard, terminal] = [new FakeTerminal(), new FakeTerminal(columns, rows)];
  t.after(() => terminal.emit('close'));
  const out = listener(terminal);
  const seen = new Emulator(columns);
  const until = async (words: RegExp) => void seen.feed(await out.until(words));
  const rest = () => seen.feed(out.said).text;
  return { keyboard, terminal, seen, until, rest };
}
