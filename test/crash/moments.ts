import type { Time } from './leaseHistory.ts';

/** When something happened, as far as that is known, and what has to have happened before it. */
export interface Moment {
  readonly what: string;
  readonly earliest: Time;
  readonly latest: Time;
  readonly after: Moment[];
}

/**
 * Whether times can be chosen so that everything comes after what it has to come after: what cannot be, as sentences.
 * `moments` hold none before one that it comes after. Each is put as early as can be, which is possible for all if it
 * is for any choice of times.
 */
export function order(moments: readonly Moment[]): string[] {
  const chosen = new Map<Moment, { time: Time; because: Moment }>();
  return moments.flatMap((moment) => {
    if (moment.earliest > moment.latest) return [`${capitalized(moment.what)} is dated outside of its call.`];
    let choice = { time: moment.earliest, because: moment };
    for (const before of moment.after) {
      const found = chosen.get(before);
      if (found && found.time > choice.time) choice = found;
    }
    if (choice.time > moment.latest) {
      // What follows is not blamed for it again.
      chosen.set(moment, { time: moment.latest, because: moment });
      return [
        `${capitalized(moment.what)} happened by ${moment.latest}, but ${choice.because.what}, which has to come before it, not before ${choice.time}.`,
      ];
    }
    chosen.set(moment, choice);
    return [];
  });
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
