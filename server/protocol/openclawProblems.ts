import type * as z from 'zod';
import { isPlainObject } from './json.ts';

/** Refused params in the words of OpenClaw's gateway: `invalid sessions.list params: at /limit: must be >= 1`. */
export function openclawProblems(name: string) {
  return (issues: readonly z.core.$ZodIssue[], params: unknown): string =>
    `invalid ${name} params: ${issues.flatMap((issue) => words(issue, params)).join('; ')}`;
}

function words(issue: z.core.$ZodIssue, params: unknown): string[] {
  const at = issue.path.length === 0 ? 'root' : `/${issue.path.map(String).join('/')}`;
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `at ${at}: unexpected property '${key}'`);
  const [name] = issue.path;
  const isMissing = issue.path.length === 1 && isPlainObject(params) && params[String(name)] === undefined;
  if (isMissing) return [`must have required property '${String(name)}'`];
  return [`at ${at}: ${issue.path.length === 0 ? 'must be object' : issue.message}`];
}
