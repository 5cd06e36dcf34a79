import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Hands its prompt over, waits to be told what to say, says it and ends. */
const PROGRAM = `
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
const socket = connect(process.argv[2]);
socket.end(readFileSync(0, 'utf8'));
let told = '';
socket.setEncoding('utf8').on('data', (text) => (told += text));
socket.on('end', () => {
  const { exit, text } = JSON.parse(told);
  process.stdout.write(text);
  process.exitCode = exit;
});
`;

/** An iteration of the agent that has begun, and waits. */
export interface AgentTurn {
  readonly prompt: string;
  /** Ends the iteration with this answer. */
  answer(text: string): void;
  /** Ends it with an error. */
  fail(text: string): void;
}

/** An agent as a program of its own, whose answers a test gives when it wants to. */
export class ScriptedAgent {
  readonly #server: Server;
  readonly #folder: string;
  readonly #turns: AgentTurn[] = [];
  readonly #waiting: ((turn: AgentTurn) => void)[] = [];

  /** How it is run: for the setting `lockstep.agents`. */
  readonly command: readonly string[];

  static async start(): Promise<ScriptedAgent> {
    const folder = await mkdtemp(join(tmpdir(), 'lockstep-agent-'));
    const program = join(folder, 'agent.mjs');
    await writeFile(program, PROGRAM);
    const agent = new ScriptedAgent(folder, program);
    agent.#server.listen(join(folder, 'socket'));
    await once(agent.#server, 'listening');
    return agent;
  }

  private constructor(folder: string, program: string) {
    this.#folder = folder;
    this.command = [process.execPath, program, join(folder, 'socket')];
    this.#server = createServer({ allowHalfOpen: true }, (socket) => void this.#take(socket));
  }

  /** The next iteration that begins. */
  next(): Promise<AgentTurn> {
    const turn = this.#turns.shift();
    return turn ? Promise.resolve(turn) : new Promise((resolve) => this.#waiting.push(resolve));
  }

  async stop(): Promise<void> {
    this.#server.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #take(socket: Socket): Promise<void> {
    // An agent that is ended in the middle leaves its connection.
    socket.on('error', () => undefined);
    let prompt = '';
    socket.setEncoding('utf8').on('data', (text: string) => (prompt += text));
    await once(socket, 'end');
    const turn: AgentTurn = {
      prompt,
      answer: (text) => void socket.end(JSON.stringify({ exit: 0, text })),
      fail: (text) => void socket.end(JSON.stringify({ exit: 1, text })),
    };
    const waiting = this.#waiting.shift();
    if (waiting) waiting(turn);
    else this.#turns.push(turn);
  }
}
