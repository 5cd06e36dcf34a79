import { resolve } from 'node:path';
import * as z from 'zod';

/** The values of options, as they come from a command line. */

export const flag = z.boolean().default(false);

export const words = z.string().optional();

/** `unit`: what is counted, for the words of the error. */
export function wholeNumber(least: number, most: number, unit = 'a whole number') {
  const error = `needs ${unit}, from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d+$/, { error, abort: true })
    .transform(Number)
    .pipe(z.number().min(least, { error }).max(most, { error }));
}

/** `active,paused`, each one of the choices. */
export function listOf<const T extends string>(choices: readonly T[]) {
  const error = `needs some of ${choices.join(', ')}, with commas between them`;
  return z
    .string()
    .transform((given) => given.split(',').map((one) => one.trim()))
    .pipe(z.array(z.enum(choices, { error })).min(1));
}

export function oneOf<const T extends string>(choices: readonly T[]) {
  return z.enum(choices, { error: `needs one of ${choices.join(', ')}` });
}

const DAYS: Readonly<Record<string, number>> = { '': 1, m: 1 / 1440, h: 1 / 24, d: 1, w: 7 };

/** `30d`, `12h`, `2w`, `30`: in days. */
export const days = z
  .string()
  .regex(/^\d+(\.\d+)?[mhdw]?$/, 'needs a time such as 30d, 12h or 2w')
  .transform((given) => {
    const unit = /[mhdw]$/.exec(given)?.[0] ?? '';
    return Number.parseFloat(given) * (DAYS[unit] ?? 1);
  });

/** `openclaw:<folder>`, with the folder as an absolute path. */
export const openclawStore = z
  .string()
  .regex(/^openclaw:./s, 'needs openclaw: and the path of a state directory')
  .transform((given) => {
    const folder = given.indexOf(':') + 1;
    return given.slice(0, folder) + resolve(given.slice(folder));
  })
  .optional();
