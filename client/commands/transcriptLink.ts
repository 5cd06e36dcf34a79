import * as z from 'zod';

/** Decimal digits alone: `Number` takes much more for a number. */
const position = z.stringFormat('digits', /^\d{1,15}$/).transform(Number);
const link = z.object({ ref: z.string().min(1).max(4096), position: position.optional() });

/**
 * The place that a link `vscode://lockstep.lockstep/transcript?ref=…&position=…` names, as "Open Transcript" takes it;
 * undefined for any other link. `query` is decoded once, as VS Code gives it.
 */
export function transcriptPlace(path: string, query: string): z.output<typeof link> | undefined {
  if (path !== '/transcript') return undefined;
  const parsed = link.safeParse(Object.fromEntries(new URLSearchParams(query)));
  return parsed.success ? parsed.data : undefined;
}
