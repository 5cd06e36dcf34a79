import * as z from 'zod';
import { jsonObject } from './json.ts';
import { defineMethod } from './method.ts';

/** From best to worst: `degraded` works and wants attention, `unhealthy` does not work. */
export const healthStatus = z.enum(['healthy', 'starting', 'degraded', 'unhealthy']);
export type HealthStatus = z.infer<typeof healthStatus>;

export const healthCheck = z.strictObject({
  status: healthStatus,
  message: z.string(),
  advice: z.string().optional().describe('what a person can do about it'),
  details: jsonObject,
});
export type HealthCheck = z.infer<typeof healthCheck>;

export const healthGet = defineMethod({
  name: 'health.get',
  summary: 'Whether all is well, check by check, and what was counted',
  mutates: false,
  deadlineMs: 10 * 60_000,
  params: z.strictObject({
    integrity: z.boolean().default(false).describe('true: also read the whole store and verify it'),
  }),
  result: z.strictObject({
    status: healthStatus.describe('the worst of the checks'),
    timestamp: z.iso.datetime(),
    uptime: z.number().min(0).describe('seconds since this process began'),
    checks: z.record(z.string(), healthCheck),
    counters: z.record(z.string(), z.int().min(0)).describe('counts since this process began'),
  }),
});
export type Health = z.output<typeof healthGet.result>;
