/** The most sentences of a report, the one about the rest included. */
const MOST = 100;

/** What a person should know about a recovery, in sentences. */
export interface Problems {
  say(sentence: string): void;
  /** Those that were said, each once; the last tells how many more there were. */
  list(): string[];
}

export function collectProblems(): Problems {
  const said = new Set<string>();
  let more = 0;
  return {
    say(sentence) {
      // One more than is shown, so that a last sentence is not spent on hiding just one.
      if (said.has(sentence)) return;
      if (said.size < MOST) said.add(sentence);
      else more++;
    },
    list() {
      const sentences = [...said];
      if (more === 0) return sentences;
      return [...sentences.slice(0, MOST - 1), `There are ${more + 1} more problems like these.`];
    },
  };
}

/** `1 page`, `2 pages`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
