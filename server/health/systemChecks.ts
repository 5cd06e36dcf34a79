import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import type { LockCatalogue } from '../locks/lockCatalogue.ts';
import { systemErrorCode, systemErrorReason } from '../platform/systemError.ts';
import type { HealthCheck, HealthStatus } from '../protocol/healthMethods.ts';
import { isStale } from '../protocol/lock.ts';
import type { SessionSource } from '../sources/source.ts';
import type { StoreFile } from '../store/storeFile.ts';
import { settled, worst, type HealthChecks } from './healthChecks.ts';

const MIB = 1024 * 1024;
/** Less free disk space is told of, or keeps the store from working, in bytes. */
const LOW_DISK = 500 * MIB;
const NO_DISK = 20 * MIB;
/** More memory than the server needs for anything it does, in bytes. */
const MUCH_MEMORY = 500 * MIB;
/** A process that takes this long to come to its next piece of work is not usable, in milliseconds. */
const SLOW_MS = 1000;

export interface CheckedParts {
  readonly file: StoreFile;
  /** Absolute path of the store's folder. */
  readonly folder: string;
  readonly sources: readonly SessionSource[];
  readonly catalogue: LockCatalogue;
}

/** Registers what Lockstep itself looks after: `readiness` is the store, its disk and the sources together. */
export function registerSystemChecks(checks: HealthChecks, parts: CheckedParts): void {
  const store = storeCheck(parts.file);
  const disk = diskCheck(parts.folder);
  const sources = sourcesCheck(parts.sources);
  let hasStarted = false;
  checks.register('liveness', liveness);
  checks.register('startup', async () => {
    hasStarted ||= await parts.file.probe().then(
      () => true,
      () => false,
    );
    return hasStarted
      ? { status: 'healthy', message: 'The store was opened.', details: {} }
      : { status: 'starting', message: 'The store could not be opened yet.', details: {} };
  });
  checks.register('readiness', () => together({ store, disk, sources }));
  checks.register('locks', () => locksCheck(parts.catalogue));
  checks.register('memory', () => Promise.resolve(memory()));
  checks.register('integrity', (options) => integrity(parts.file, options.integrity));
}

async function liveness(): Promise<HealthCheck> {
  const asked = performance.now();
  await new Promise((resolve) => setImmediate(resolve));
  const delayMs = Math.round(performance.now() - asked);
  const details = { pid: process.pid, node: process.versions.node, delayMs };
  return delayMs < SLOW_MS
    ? { status: 'healthy', message: `Process ${process.pid} answers.`, details }
    : {
        status: 'degraded',
        message: `Process ${process.pid} took ${delayMs} ms to answer.`,
        advice: 'The machine may be under load. If it stays so, restart the server.',
        details,
      };
}

/** One check of several, each under its own name in the details. In order: opening the store makes its folder. */
async function together(parts: Readonly<Record<string, () => Promise<HealthCheck>>>): Promise<HealthCheck> {
  const found: [string, HealthCheck][] = [];
  for (const [name, part] of Object.entries(parts)) found.push([name, await settled(part)]);
  const status = worst(found.map(([, check]) => check.status));
  const wrong = found.filter(([, check]) => check.status !== 'healthy');
  const advice = wrong.flatMap(([, check]) => check.advice ?? []).join(' ');
  return {
    status,
    message: (wrong.length > 0 ? wrong : found).map(([, { message }]) => message).join(' '),
    ...(advice === '' ? {} : { advice }),
    details: Object.fromEntries(found.map(([name, { details, status }]) => [name, { status, ...details }])),
  };
}

function storeCheck(file: StoreFile) {
  return async (): Promise<HealthCheck> => {
    const facts = await file.probe();
    const size = ((facts.bytes + facts.logBytes) / MIB).toFixed(1);
    return {
      status: 'healthy',
      message: `The store ${file.path} can be written (schema ${facts.schema}, ${size} MiB).`,
      details: { path: file.path, ...facts },
    };
  };
}

function diskCheck(folder: string) {
  return async (): Promise<HealthCheck> => {
    const { bavail, bsize } = await statfs(folder);
    const freeBytes = bavail * bsize;
    const status: HealthStatus =
      freeBytes < NO_DISK ? 'unhealthy' : freeBytes < LOW_DISK ? 'degraded' : 'healthy';
    return {
      status,
      message: `${Math.round(freeBytes / MIB)} MiB of the disk are free.`,
      ...(status === 'healthy' ? {} : { advice: `Free some space on the disk that holds ${folder}.` }),
      details: { folder, freeBytes },
    };
  };
}

function sourcesCheck(sources: readonly SessionSource[]) {
  return async (): Promise<HealthCheck> => {
    const found = await Promise.all(
      sources.map(async ({ label, root }) => ({ label, root, state: await readability(root) })),
    );
    const bad = found.filter(({ state }) => state !== 'readable' && state !== 'missing');
    const there = found.filter(({ state }) => state === 'readable').map(({ label }) => label);
    return {
      status: bad.length > 0 ? 'degraded' : 'healthy',
      message:
        bad.length > 0
          ? `${bad.map(({ root, state }) => `${root} cannot be read: ${state}`).join('; ')}.`
          : `Sessions of other agents: ${there.length > 0 ? there.join(', ') : 'none found'}.`,
      ...(bad.length > 0 ? { advice: 'Check the owner and the permissions of these folders.' } : {}),
      details: { sources: found },
    };
  };
}

/** `readable`, `missing` (that agent is not used here), or what is wrong. */
async function readability(root: string): Promise<string> {
  try {
    if (!(await stat(root)).isDirectory()) return 'it is not a folder';
    await access(root, constants.R_OK | constants.X_OK);
    return 'readable';
  } catch (error) {
    return systemErrorCode(error) === 'ENOENT' ? 'missing' : systemErrorReason(error);
  }
}

async function locksCheck(catalogue: LockCatalogue): Promise<HealthCheck> {
  const files = await catalogue.files(undefined);
  // Where the store cannot be read, lock files still can, and readiness tells of the store.
  const leases = await catalogue.leases().catch(() => undefined);
  const locks = [...(leases ?? []).map(({ lock }) => lock), ...files.locks];
  const stale = locks.filter(isStale).length;
  const { problems } = files;
  const words = [
    stale === 0 ? 'No stale locks.' : stale === 1 ? 'One stale lock.' : `${stale} stale locks.`,
    ...(leases ? [] : ['The leases in the store cannot be read.']),
    ...problems.slice(0, 3).map(({ path, message }) => `${path} could not be looked at: ${message}.`),
    ...(problems.length > 3 ? [`${problems.length - 3} more places could not be looked at.`] : []),
  ];
  const advice = [
    ...(stale === 0
      ? []
      : [
          'See them with "lockstep call locks.clean", remove them with "lockstep call locks.clean \'{"dryRun": false}\'", or in VS Code with "Clean Up Stale Locks".',
        ]),
    ...(problems.length === 0 ? [] : ['Check the owner and the permissions of what could not be looked at.']),
  ];
  return {
    status: stale + problems.length === 0 && leases ? 'healthy' : 'degraded',
    message: words.join(' '),
    ...(advice.length === 0 ? {} : { advice: advice.join(' ') }),
    details: { total: locks.length, stale, problems: [...problems] },
  };
}

function memory(): HealthCheck {
  const { rss, heapUsed } = process.memoryUsage();
  const isMuch = rss > MUCH_MEMORY;
  return {
    status: isMuch ? 'degraded' : 'healthy',
    message: `${Math.round(rss / MIB)} MiB of memory are in use.`,
    ...(isMuch ? { advice: 'Restart the server, and tell us what it was doing.' } : {}),
    details: { rss, heapUsed },
  };
}

async function integrity(file: StoreFile, wanted: boolean): Promise<HealthCheck | undefined> {
  if (!wanted) return undefined;
  // SQLite puts a heading before its findings, of which one row may hold several.
  const faults = (await file.integrity())
    .flatMap((found) => found.split('\n'))
    .filter((line) => line !== '' && !line.startsWith('*** in database'));
  return faults.length === 0
    ? { status: 'healthy', message: 'The whole store was read and is intact.', details: {} }
    : {
        status: 'unhealthy',
        message: `The store is damaged: ${faults[0]}${faults.length > 1 ? `, and ${faults.length - 1} more faults` : ''}.`,
        advice: `Keep a copy of ${file.path} and of the files beside it before you do anything else.`,
        details: { faults },
      };
}
