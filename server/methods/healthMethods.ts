import type { HealthChecks } from '../health/healthChecks.ts';
import { healthGet } from '../protocol/healthMethods.ts';
import type { Registry } from './registry.ts';

export function registerHealthMethods(registry: Registry, checks: HealthChecks): void {
  registry.register(healthGet, (options) => checks.run(options));
}
