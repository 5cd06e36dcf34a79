const PAGE = 4096;

/** A damaged copy of a store: what is at its path, and at its log's. */
export interface Damaged {
  readonly name: string;
  readonly file: Buffer;
  readonly log: Buffer | undefined;
}

export interface Intact {
  readonly name: string;
  readonly file: Buffer;
  readonly log: Buffer | undefined;
}

type RandomBelow = (below: number) => number;

/** A way to damage a store, of which `part` of `parts` is to be done. */
type Damage = (intact: Intact, part: number, random: RandomBelow) => Damaged;

const flips: Damage = ({ name, file, log }, part, random) => {
  const damaged = Buffer.from(file);
  const count = 1 + random(200);
  for (let flip = 0; flip < count; flip++) damaged[random(damaged.length)] = random(256);
  return { name: `${name}: ${count} bytes changed (${part})`, file: damaged, log };
};

const flipsInLog: Damage = ({ name, file, log }, part, random) => {
  if (!log) return flips({ name, file, log }, part, random);
  const damaged = Buffer.from(log);
  const count = 1 + random(5);
  for (let flip = 0; flip < count; flip++) damaged[random(damaged.length)] = random(256);
  return { name: `${name}: ${count} bytes of the log changed (${part})`, file, log: damaged };
};

const headers: Damage = ({ name, file, log }, part, random) => {
  const damaged = Buffer.from(file);
  // Where pages have their headers, and the file has its own.
  for (let flip = 0; flip < 8; flip++) {
    const page = random(damaged.length / PAGE);
    damaged[page * PAGE + random(page === 0 ? 112 : 12)] = random(256);
  }
  return { name: `${name}: headers changed (${part})`, file: damaged, log };
};

const truncation: Damage = ({ name, file, log }, part, random) => {
  const pages = file.length / PAGE;
  // By the golden ratio: few cuts are spread over the file as evenly as many. Every third is within a page.
  const page = Math.floor(((part * 0.618034) % 1) * pages);
  const length = page * PAGE + (part % 3 === 2 ? random(PAGE) : 0);
  return { name: `${name}: cut at ${length} of ${file.length}`, file: file.subarray(0, length), log };
};

const lostLog: Damage = ({ name, file }, part, random) => {
  const damaged = Buffer.from(file);
  if (part % 2 === 1) damaged[random(damaged.length)] = random(256);
  return { name: `${name}: log lost (${part})`, file: damaged, log: undefined };
};

const zeroedHeader: Damage = ({ name, file, log }, part) => {
  const length = [16, 100, 512, PAGE, 2 * PAGE][part % 5] ?? PAGE;
  const damaged = Buffer.from(file);
  damaged.fill(0, 0, length);
  return { name: `${name}: first ${length} bytes zeroed`, file: damaged, log };
};

const zeroedPages: Damage = ({ name, file, log }, part, random) => {
  const damaged = Buffer.from(file);
  const count = 1 + random(12);
  for (let index = 0; index < count; index++) {
    const page = random(damaged.length / PAGE);
    damaged.fill(0, page * PAGE, (page + 1) * PAGE);
  }
  return { name: `${name}: ${count} pages zeroed (${part})`, file: damaged, log };
};

/** The pages that lead to the others, which are then to be found without them. */
const lostWays: Damage = ({ name, file, log }, part, random) => {
  const damaged = Buffer.from(file);
  let lost = 0;
  for (let at = PAGE; at < damaged.length; at += PAGE) {
    if (damaged[at] !== 5 || random(3) === 0) continue;
    if (part % 2 === 0) damaged.fill(0, at, at + PAGE);
    else damaged.writeUInt16BE(random(0xffff), at + 12);
    lost++;
  }
  return { name: `${name}: ${lost} interior pages damaged (${part})`, file: damaged, log };
};

const swappedPages: Damage = ({ name, file, log }, part, random) => {
  const damaged = Buffer.from(file);
  const pages = damaged.length / PAGE;
  for (let index = 0; index < 3; index++) {
    const [one, other] = [random(pages) * PAGE, random(pages) * PAGE];
    damaged.copy(damaged, one, other, other + PAGE);
  }
  return { name: `${name}: pages written over others (${part})`, file: damaged, log };
};

/** Other ways than cutting, which is every other one. */
const damages: readonly Damage[] = [
  flips,
  zeroedPages,
  lostLog,
  flips,
  flipsInLog,
  headers,
  zeroedHeader,
  flips,
  swappedPages,
  lostWays,
];

/** `count` damaged files: half of them cut, mostly the first store, which should have no log that makes up for it. */
export function* damagedFiles(
  intact: readonly Intact[],
  count: number,
  random: RandomBelow,
): Iterable<Damaged> {
  const [first, ...others] = intact;
  if (!first) return;
  for (let index = 0; index < count; index++) {
    const part = Math.floor(index / 2);
    if (index % 2 === 0) {
      const isOther = part % 10 === 9;
      const chosen = isOther ? others[Math.floor(part / 10) % others.length] : first;
      yield truncation(chosen ?? first, part, random);
    } else {
      const damage = damages[part % damages.length] ?? flips;
      const round = Math.floor(part / damages.length);
      yield damage(intact[round % intact.length] ?? first, round, random);
    }
  }
}
