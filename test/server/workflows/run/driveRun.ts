import { LockstepError } from '../../../../server/domain/errors.ts';
import { systemClock } from '../../../../server/platform/clock.ts';
import { wireError } from '../../../../server/protocol/error.ts';
import { createServer, type Server } from '../../../../server/server.ts';
import { CommandAgent } from '../../../../server/workflows/agents/commandAgent.ts';
import { TextStream } from '../../../../server/workflows/agents/streams/textStream.ts';
import type { Call } from '../../../../server/workflows/run/call.ts';
import { takeRun } from '../../../../server/workflows/run/heldRun.ts';
import { Runner } from '../../../../server/workflows/run/runner.ts';

/**
 * The agent of these tests. Adds a line to the file that the prompt names and says how many there are; where
 * `<file>.slow` is there, it takes until that is gone.
 */
const COUNTER = `
  const { appendFileSync, existsSync, readFileSync } = require('node:fs');
  const file = readFileSync(0, 'utf8').split('\\n')[0].trim();
  appendFileSync(file, 'x\\n');
  const end = () => {
    if (existsSync(file + '.slow')) return setTimeout(end, 20);
    console.log('lines: ' + readFileSync(file, 'utf8').split('\\n').slice(0, -1).length);
  };
  end();
`;

export interface Connection {
  readonly server: Server;
  readonly call: Call;
  readonly close: () => Promise<void>;
}

/** A server on the store below `folder`, and a client of it. */
export function connect(folder: string): Connection {
  const server = createServer({
    env: { LOCKSTEP_HOME: `${folder}/home` },
    userHome: folder,
    logger: { log: () => undefined },
  });
  const client = server.connect();
  return {
    server,
    call: async (method, params) => {
      const outcome = await client.call(method.name, params);
      if (outcome.ok) return method.result.parse(outcome.result);
      const { code, message, details } = wireError.parse(outcome.error);
      throw new LockstepError(code, message, { details });
    },
    close: async () => {
      await client.close();
      server.dispose();
    },
  };
}

export async function driveRun({ server, call }: Connection, id: string): Promise<string> {
  const held = await takeRun(call, systemClock, id);
  const runner = new Runner(
    {
      call,
      clock: systemClock,
      agentFor: () =>
        new CommandAgent(
          { command: [process.execPath, '-e', COUNTER] },
          () => new TextStream(),
          process.env,
          500,
        ),
      parallel: 2,
      env: { PATH: process.env['PATH'] ?? '' },
      onDidChange: (listener) => server.onDidChange(listener),
    },
    held,
  );
  return runner.drive(new AbortController().signal);
}

/** As a process of its own, to be killed: `driveRun.ts <folder> <run>`. */
if (import.meta.main) {
  const [folder = '', id = ''] = process.argv.slice(2);
  const connection = connect(folder);
  process.stdout.write(`${await driveRun(connection, id)}\n`);
  await connection.close();
}
