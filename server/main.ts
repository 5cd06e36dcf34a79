import { homedir } from 'node:os';
import process from 'node:process';
import { connectLsp } from './doors/lsp.ts';
import { createServer } from './server.ts';
import { version } from './version.ts';

const connection = connectLsp();
const server = createServer({ env: process.env, userHome: homedir(), logger: connection.logger });
connection.serve({
  registry: server.registry,
  onDidChange: server.onDidChange,
  onSourcesDidChange: server.onSourcesDidChange,
  version,
  onExit: () => server.dispose(),
});
