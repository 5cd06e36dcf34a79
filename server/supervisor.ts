import { Socket } from 'node:net';
import process from 'node:process';
import { Supervisor } from './workflows/supervisor/supervisor.ts';
import { CONTROL_FD } from './workflows/supervisor/supervisorMessages.ts';

// Started by a runner, once for each agent (server/workflows/supervisor/supervisedProcess.ts).
const supervisor = new Supervisor(
  new Socket({ fd: CONTROL_FD, readable: true, writable: true }),
  process.env,
);
// It has a session of its own, so no terminal sends these: who sends them to it wants the agent ended.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => supervisor.end());
await supervisor.run();
process.exit();
