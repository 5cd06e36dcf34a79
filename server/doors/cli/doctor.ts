import type { Writable } from 'node:stream';
import type { Registry } from '../../methods/registry.ts';
import { healthGet, type Health, type HealthStatus } from '../../protocol/healthMethods.ts';
import { oneLine } from './text.ts';

export interface DoctorParts {
  readonly registry: Registry;
  readonly version: string;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly integrity: boolean;
  readonly json: boolean;
}

const MARKS: Readonly<Record<HealthStatus, string>> = {
  healthy: 'ok',
  starting: 'wait',
  degraded: 'warn',
  unhealthy: 'FAIL',
};

/** Prints every check, with advice where something is wrong. Gives whether all is well. */
export async function doctor({
  registry,
  version,
  stdout,
  stderr,
  integrity,
  json,
}: DoctorParts): Promise<boolean> {
  const outcome = await registry.call(healthGet.name, { integrity });
  if (!outcome.ok) {
    stderr.write(`${JSON.stringify(outcome.error, null, 2)}\n`);
    return false;
  }
  const health = healthGet.result.parse(outcome.result);
  stdout.write(json ? `${JSON.stringify(health, null, 2)}\n` : report(health, version));
  return health.status === 'healthy';
}

function report({ status, checks, counters }: Health, version: string): string {
  const width = Math.max(...Object.keys(checks).map((name) => name.length));
  const lines = Object.entries(checks).flatMap(([name, check]) => {
    const advice = check.advice === undefined ? [] : [`${' '.repeat(width + 8)}-> ${oneLine(check.advice)}`];
    return [`${MARKS[check.status].padEnd(4)}  ${name.padEnd(width)}  ${oneLine(check.message)}`, ...advice];
  });
  const counted = Object.entries(counters).filter(([, count]) => count > 0);
  return [
    `Lockstep ${version}: ${status}`,
    '',
    ...lines,
    ...(counted.length === 0 ? [] : ['', counted.map(([name, count]) => `${name} ${count}`).join(', ')]),
    '',
  ].join('\n');
}
