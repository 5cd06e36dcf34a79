/** As many characters of an id may be wrong for it to be taken for another one. */
const MOST_DIFFERENT = 2;
/** Shorter ids may be alike by choice. UUIDs have 36 characters. */
const LEAST_LENGTH = 32;

/**
 * Finds the one id that another is but for one or two characters; undefined where there is none, or several. Two ids
 * that were made apart differ in about 17 characters, so one that nearly is another is that one, damaged.
 */
export function similarIds(ids: Iterable<string>): (id: string) => string | undefined {
  // Where two characters are wrong, one of three parts is right: only those that share a part are compared.
  const byPart = new Map<string, string[]>();
  for (const id of ids) {
    if (id.length < LEAST_LENGTH) continue;
    for (const part of partsOf(id)) {
      const sharing = byPart.get(part);
      if (sharing) sharing.push(id);
      else byPart.set(part, [id]);
    }
  }
  return (id) => {
    if (id.length < LEAST_LENGTH) return undefined;
    const found = new Set<string>();
    for (const part of partsOf(id)) {
      for (const candidate of byPart.get(part) ?? []) {
        if (candidate !== id && isSimilar(id, candidate)) found.add(candidate);
      }
    }
    const [only] = found;
    return found.size === 1 ? only : undefined;
  };
}

function partsOf(id: string): string[] {
  const third = Math.ceil(id.length / (MOST_DIFFERENT + 1));
  return Array.from(
    { length: MOST_DIFFERENT + 1 },
    (_, part) => `${part}:${id.length}:${id.slice(part * third, (part + 1) * third)}`,
  );
}

function isSimilar(one: string, other: string): boolean {
  let different = 0;
  for (let index = 0; index < one.length; index++) {
    if (one[index] !== other[index] && ++different > MOST_DIFFERENT) return false;
  }
  return true;
}
