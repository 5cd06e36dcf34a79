import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Frame, Page } from 'playwright-core';
import * as z from 'zod';
import { eventually } from './eventually.ts';

const PAGE = fileURLToPath(new URL('./transcriptPage.ts', import.meta.url));

const opening = z.object({ scriptAt: z.number(), answeredAt: z.number(), paintedAt: z.number() });
const smoothness = z.object({
  longTasks: z.array(z.object({ duration: z.number(), name: z.string() })),
  gaps: z.array(z.number()),
  items: z.number(),
});
const place = z.object({
  fromTop: z.number(),
  fromEnd: z.number(),
  moreAtStart: z.boolean(),
  moreAtEnd: z.boolean(),
});
const found = z.object({ took: z.number(), said: z.string() });

/**
 * Tasks over 50 ms, with the names that the browser gives them: all but `self` are another frame's in the same process.
 * Times between two frames over 50 ms. The number of items that were in the page.
 */
export type Smoothness = z.infer<typeof smoothness>;

/** What a window is to run in every frame, so that the functions below have something to ask. */
export async function probeScript(): Promise<string> {
  const { outputFiles } = await build({ entryPoints: [PAGE], bundle: true, format: 'iife', write: false });
  return outputFiles[0]?.text ?? '';
}

/** When the window's own page was clicked last, in milliseconds since 1970. */
export async function lastClick(page: Page): Promise<number> {
  return z.number().parse(await page.evaluate('lockstepProbe.clickedAt()'));
}

/** When the guest's script ran, the extension's first items came, and the first item was painted; since 1970. */
export async function openingTimes(frame: Frame): Promise<z.infer<typeof opening>> {
  const times = await eventually(
    () => frame.evaluate('lockstepProbe.opening()'),
    (seen) => seen !== undefined,
    { what: 'a painted item' },
  );
  return opening.parse(times);
}

/** What was seen since the last `forget`, without which frames are not watched. */
export async function smoothnessOf(frame: Frame): Promise<Smoothness> {
  return smoothness.parse(await frame.evaluate('lockstepProbe.smoothness()'));
}

export async function forget(frame: Frame): Promise<void> {
  await frame.evaluate('lockstepProbe.forget()');
}

/** When the items with `Appended <number>:` were painted, by number, in milliseconds since 1970. */
export async function appendedTimes(frame: Frame): Promise<ReadonlyMap<number, number>> {
  const times = z.array(z.tuple([z.number(), z.number()]));
  return new Map(times.parse(await frame.evaluate('lockstepProbe.appended()')));
}

/** Distances in CSS pixels; whether there is more beyond them that is not held, or is being loaded. */
export async function scrollPlace(frame: Frame): Promise<z.infer<typeof place>> {
  return place.parse(await frame.evaluate('lockstepProbe.place()'));
}

/** Types into the find bar, which has to be open, until the transcript was looked through; `took` in milliseconds. */
export async function findText(frame: Frame, text: string): Promise<z.infer<typeof found>> {
  return found.parse(await frame.evaluate(`lockstepProbe.find(${JSON.stringify(text)})`));
}
