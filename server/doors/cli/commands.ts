import { agents } from './agentsCommand.ts';
import type { CliCommand } from './commandSpec.ts';
import { completion } from './completionCommand.ts';
import * as copies from './copyCommands.ts';
import { doctorCommand } from './doctorCommand.ts';
import { drive } from './driveCommand.ts';
import * as lifecycle from './lifecycleCommands.ts';
import { list } from './listCommand.ts';
import { migrate } from './migrateCommand.ts';
import { run } from './runCommand.ts';
import { stop } from './runControl.ts';
import { runs } from './runsCommand.ts';
import * as look from './showCommands.ts';
import { stats } from './statsCommand.ts';
import * as store from './storeCommands.ts';
import * as trash from './trashCommands.ts';
import { watch } from './watchCommand.ts';
import * as wire from './wireCommands.ts';
import { withLease } from './withLeaseCommand.ts';

/** Every command, on one screen: help, docs and completion are made from it. */
export const commands: readonly CliCommand[] = [
  lifecycle.start,
  lifecycle.iterate,
  lifecycle.pause,
  lifecycle.resume,
  lifecycle.complete,
  lifecycle.fail,
  copies.fork,
  withLease,
  run,
  runs,
  stop,
  agents,
  list,
  look.show,
  watch,
  look.contextCommand,
  stats,
  copies.exportCommand,
  copies.importCommand,
  migrate,
  trash.cleanup,
  trash.rm,
  trash.restore,
  store.backup,
  store.recover,
  doctorCommand,
  wire.call,
  wire.rpc,
  wire.methods,
  drive,
  completion(() => commands),
];
