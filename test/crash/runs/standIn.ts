import { spawn } from 'node:child_process';

// Stands in for a window of VS Code, where there is to be none: it has started the server, and holds the pipes to it.
const [program = '', ...args] = process.argv.slice(2);
const server = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
process.stdin.pipe(server.stdin);
server.stdout.pipe(process.stdout);
server.on('exit', (code) => process.exit(code ?? 1));
