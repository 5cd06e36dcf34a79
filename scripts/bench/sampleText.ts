/** Numbers that are the same in each run. */
export interface Random {
  /** 0 to `limit` - 1. */
  below(limit: number): number;
  oneOf<T>(all: readonly T[]): T;
}

/** Mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    oneOf: (all) => {
      const one = all[below(all.length)];
      if (one === undefined) throw new Error('There is nothing to choose from.');
      return one;
    },
  };
}

const WORDS =
  'the discount is taken off the subtotal before shipping so that checkout shows what the customer pays and a code that has ended says why instead of failing when the price table is read again after each change of the cart'.split(
    ' ',
  );
const FILES = ['src/checkout/total.ts', 'src/cart/lines.ts', 'test/checkout/total.test.ts', 'src/prices.ts'];
const CODE = `\`\`\`ts
export function totalOf(cart: Cart, discount?: Discount): Money {
  const subtotal = cart.lines.reduce((sum, { price, count }) => sum + price * count, 0);
  if (discount === undefined) return money(subtotal + cart.shipping);
  return money(Math.round(subtotal * (1 - discount.percent / 100)) + cart.shipping);
}
\`\`\``;

function sentence(random: Random): string {
  const words = Array.from({ length: 6 + random.below(16) }, () => random.oneOf(WORDS));
  const text = words.join(' ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function sentences(random: Random, count: number): string {
  return Array.from({ length: count }, () => sentence(random)).join(' ');
}

/** Markdown: paragraphs, with lists, headings, tables and code between them. */
export function proseText(random: Random, paragraphs: number): string {
  return Array.from({ length: paragraphs }, (_, at) => {
    if (at === 0) return sentences(random, 1 + random.below(3));
    switch (random.below(5)) {
      case 0:
        return CODE;
      case 1:
        return Array.from({ length: 4 }, () => `- **${random.oneOf(WORDS)}**: ${sentence(random)}`).join(
          '\n',
        );
      case 2:
        return `## ${sentence(random)}\n\nSee \`${random.oneOf(FILES)}:${1 + random.below(300)}\`.`;
      case 3:
        return `| file | lines |\n| --- | ---: |\n${FILES.map((file) => `| ${file} | ${random.below(900)} |`).join('\n')}`;
      default:
        return sentences(random, 3);
    }
  }).join('\n\n');
}

export function thoughtText(random: Random): string {
  return sentences(random, 2 + random.below(8));
}

/** What a tool gave: 0.2 to 20 KB, more often less; one in a hundred is of 100 KB, one in six has colours. */
export function outputText(random: Random): string {
  const share = random.below(1000) / 1000;
  const characters = random.below(100) === 0 ? 100_000 : 200 + Math.floor(19_800 * share ** 3);
  const isColoured = random.below(6) === 0;
  const lines: string[] = [];
  for (let length = 0, number = 1; length < characters; number++) {
    const file = random.oneOf(FILES);
    const line = isColoured
      ? `\u{1b}[32m✓\u{1b}[39m \u{1b}[2m${file}\u{1b}[22m \u{1b}[1m${sentence(random)}\u{1b}[22m \u{1b}[33m${random.below(900)} ms\u{1b}[39m`
      : `${file}:${number}: ${sentence(random)}`;
    lines.push(line);
    length += line.length + 1;
  }
  return lines.join('\n').slice(0, characters);
}
