#!/usr/bin/env node
import process from 'node:process';

/** The oldest Node that has all we use: node:sqlite without a flag, and its `timeout`. */
const LEAST_NODE = 24;

// The launcher that VS Code installs sets it for this process alone; `with-lease … -- code` would pass it on.
delete process.env['ELECTRON_RUN_AS_NODE'];

// Before any import that an older Node cannot load, so that it is told in one line, not in a stack of frames.
if (Number.parseInt(process.versions.node, 10) < LEAST_NODE) {
  process.stderr.write(
    `lockstep: needs Node ${LEAST_NODE} or newer, and this is Node ${process.versions.node} (${process.execPath})\n`,
  );
  process.exitCode = 2;
} else {
  const { runCommand } = await import('./command.ts');
  process.exitCode = await runCommand(process);
}
