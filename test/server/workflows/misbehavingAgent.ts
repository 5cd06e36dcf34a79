import { spawn } from 'node:child_process';
import { readFileSync, writeSync } from 'node:fs';

// A program that does one thing that agents have been seen to do. Writes without buffers, so that it stops where the
// pipe is full.

const LIVES_ON = ['-e', 'process.on("SIGTERM", () => 0); setInterval(() => 0, 1e6)'];

function say(text: string): void {
  writeSync(1, text);
}

function live(): void {
  setInterval(() => undefined, 1e6);
}

function sayJson(value: unknown): void {
  say(`${JSON.stringify(value)}\n`);
}

const behaviours: Readonly<Record<string, (argument: string) => void>> = {
  echo: () => {
    const prompt = readFileSync(0);
    for (let at = 0; at < prompt.length;) at += writeSync(1, prompt, at);
    writeSync(2, 'said all');
  },
  arguments: () => sayJson(process.argv.slice(2)),
  environment: () => sayJson(process.env),
  errorInside: () => {
    sayJson({ type: 'message', text: 'I begin.' });
    sayJson({ type: 'error', message: 'the model answered 400' });
  },
  success: () => {
    sayJson({ type: 'message', text: 'All tests pass.' });
    sayJson({ type: 'usage', tokens: { total: 12 }, costUsd: 0.5 });
    sayJson({ type: 'result', outcome: 'success', sessionHandle: 's1' });
    process.exitCode = 3;
  },
  noise: () => {
    say('npm warn something\n');
    sayJson({ type: 'from a later version' });
    sayJson({ type: 'result', outcome: 'success' });
  },
  halfLine: () => {
    sayJson({ type: 'message', text: 'whole' });
    say('{"type":"result","outc');
  },
  halfCharacter: () => {
    const bytes = Buffer.from('{"type":"message","text":"für 🦊"}\n');
    for (const byte of bytes) writeSync(1, Buffer.from([byte]));
    sayJson({ type: 'result', outcome: 'success' });
  },
  ignoresTerm: () => {
    process.on('SIGTERM', () => undefined);
    say('ready\n');
    live();
  },
  diesOnTerm: () => {
    process.on('SIGTERM', () => {
      say('tidied up\n');
      process.exit(0);
    });
    say('ready\n');
    live();
  },
  crashes: () => {
    throw new Error('cannot find module brain');
  },
  exits: (code) => {
    process.exitCode = Number(code);
  },
  flood: (mebibytes) => {
    const lines = Buffer.from(`${'x'.repeat(127)}\n`.repeat(64));
    for (let written = 0; written < Number(mebibytes) * 128; written += 1)
      for (let at = 0; at < lines.length;) at += writeSync(1, lines, at);
  },
  longLine: (mebibytes) => {
    for (let written = 0; written < Number(mebibytes); written += 1) say('x'.repeat(1024 * 1024));
    say('\n');
  },
  floodsStderr: (mebibytes) => {
    for (let written = 0; written < Number(mebibytes); written += 1) writeSync(2, 'x'.repeat(1024 * 1024));
  },
  /** One in its group, one in a session of its own; both hold its pipes, and ignore SIGTERM. */
  leavesGrandchildren: () => {
    for (const detached of [false, true])
      spawn(process.execPath, LIVES_ON, { stdio: 'inherit', detached }).unref();
    say('done\n');
  },
  staysWithGrandchildren: () => {
    for (const detached of [false, true])
      spawn(process.execPath, LIVES_ON, { stdio: 'inherit', detached }).unref();
    say('ready\n');
    live();
  },
};

behaviours[process.argv[2] ?? '']?.(process.argv[3] ?? '');
