import process from 'node:process';
import { connectLsp } from './doors/lsp.ts';
import { systemClock } from './platform/clock.ts';
import { systemFileSystem } from './platform/fileSystem.ts';
import { createServer, lockstepHome } from './server.ts';
import { version } from './version.ts';

const connection = connectLsp();
const server = createServer({
  home: lockstepHome(process.env),
  sources: [],
  clock: systemClock,
  fileSystem: systemFileSystem,
  logger: connection.logger,
});
connection.serve({
  registry: server.registry,
  onDidChange: server.onDidChange,
  onSourcesDidChange: server.onSourcesDidChange,
  version,
  onExit: () => server.dispose(),
});
