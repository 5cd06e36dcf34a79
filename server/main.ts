import process from 'node:process';
import { connectLsp } from './doors/lsp.ts';
import { outliveFileSizeLimit } from './platform/signals.ts';
import { userHome } from './platform/userHome.ts';
import { createServer } from './server.ts';
import { version } from './version.ts';

outliveFileSizeLimit();
const connection = connectLsp();
const server = createServer({ env: process.env, userHome: userHome(process.env), logger: connection.logger });
connection.serve({
  registry: server.registry,
  connect: server.connect,
  onDidChange: server.onDidChange,
  onSourcesDidChange: server.onSourcesDidChange,
  version,
  onExit: () => server.dispose(),
});
server.cleanLocks();
server.keepSweepingRuns();
