import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { enoughPath, holdPath, isAlive, parseLedger } from './ledger.ts';

// The agent of runs that are killed. Its prompt is a step, an iteration and the path of the ledger, in which it writes
// down when it begins and when it ends. It leaves a process in a session of its own behind, as real ones do.

const [step = '', iteration = '', ledger = ''] = readFileSync(0, 'utf8').split('\n')[0]?.split(' ') ?? [];

function write(what: string): void {
  // One line in one write: it is there whole, or not at all.
  appendFileSync(ledger, `${Date.now()} ${what} ${step} ${iteration} ${process.pid}\n`);
}

const earlier = parseLedger(ledger).filter((line) => line.step === step);
if (earlier.some(({ pid }) => isAlive(pid))) write('overlap');
write('begin');
spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' }).unref();

function end(): void {
  if (existsSync(holdPath(ledger))) {
    setTimeout(end, 20);
    return;
  }
  write('end');
  const ends = parseLedger(ledger).filter((line) => line.step === step && line.what === 'end');
  const enough = existsSync(enoughPath(ledger)) ? ': it is enough' : '';
  const lines = [
    { type: 'message', text: `finished ${ends.length} with iteration ${iteration}${enough}` },
    { type: 'usage', tokens: { total: 1 } },
    { type: 'result', outcome: 'success' },
  ];
  process.stdout.write(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}
setTimeout(end, Math.random() * 300);
