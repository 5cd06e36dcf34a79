import { errorCatalogue } from '../domain/errorCatalogue.ts';
import { LockstepError } from '../domain/errors.ts';
import type { Clock } from '../platform/clock.ts';
import type { Counters } from '../platform/counters.ts';
import { healthStatus, type Health, type HealthCheck, type HealthStatus } from '../protocol/healthMethods.ts';

export interface CheckOptions {
  /** Whether checks that take long are wanted too. */
  readonly integrity: boolean;
}

/** A check that takes longer is given up, in milliseconds: a disk that hangs must not keep all other news back. */
const MOST_MS = 60_000;

/** Looks at one thing; undefined where it was not asked for. What it throws is a finding: it does not work. */
export type Check = (options: CheckOptions) => Promise<HealthCheck | undefined>;

/** Checks by name. Whoever has something to look after registers one. */
export class HealthChecks {
  readonly #checks = new Map<string, Check>();
  readonly #clock: Clock;
  readonly #counters: Counters;

  constructor(clock: Clock, counters: Counters) {
    this.#clock = clock;
    this.#counters = counters;
  }

  register(name: string, check: Check): void {
    if (this.#checks.has(name)) throw new Error(`There are two health checks ${name}`);
    this.#checks.set(name, check);
  }

  /** Runs all checks, in turn: what one of them makes slow is not held against another. Rejects never. */
  async run(options: CheckOptions): Promise<Health> {
    const checks: Record<string, HealthCheck> = {};
    for (const [name, check] of this.#checks) {
      const result = await settled(() => inTime(check(options)));
      if (result) checks[name] = result;
    }
    return {
      status: worst(Object.values(checks).map(({ status }) => status)),
      timestamp: new Date(this.#clock.now()).toISOString(),
      uptime: process.uptime(),
      checks,
      counters: { ...this.#counters.values },
    };
  }
}

async function inTime<T>(result: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const words = `It gave no answer within ${MOST_MS / 1000} s.`;
  const timer = setTimeout(() => reject(new LockstepError('TIMEOUT', words)), MOST_MS);
  try {
    return await Promise.race([result, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** What a check found; what it throws is `unhealthy`. */
export async function settled<T extends HealthCheck | undefined>(
  check: () => Promise<T>,
): Promise<T | HealthCheck> {
  try {
    return await check();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return error instanceof LockstepError
      ? {
          status: 'unhealthy',
          message,
          advice: errorCatalogue[error.code].explanation,
          details: { code: error.code, ...error.details },
        }
      : { status: 'unhealthy', message, details: {} };
  }
}

export function worst(statuses: readonly HealthStatus[]): HealthStatus {
  const order = healthStatus.options;
  return order[Math.max(0, ...statuses.map((status) => order.indexOf(status)))] ?? 'healthy';
}
