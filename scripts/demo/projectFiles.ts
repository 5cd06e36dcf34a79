import { WORKFLOW_FILE } from './workflow.ts';

/** The files of the demo's workspace that the transcripts speak of, so that their paths open. */
export const PROJECT_FILES: Readonly<Record<string, string>> = {
  '.lockstep/workflows/fix-checkout.lockstep.yaml': WORKFLOW_FILE,
  'README.md': '# Shop\n\nA small shop, for trying Lockstep.\n',
  'docs/testing.md':
    '# Testing\n\n- Cart writes have to be awaited: the store answers in any order.\n- Prices are whole cents.\n',
  'migrations/0042_attribute_index.sql':
    'CREATE INDEX attribute_lookup ON product_attributes (name, value, product_id);\n',
  'scripts/import-stock.ts':
    "const dryRun = process.argv.includes('--dry-run');\n\nexport async function importStock(rows: string[]): Promise<void> {\n  if (!dryRun) await save(rows);\n  for (const row of rows) console.log(row);\n}\n\nasync function save(_rows: string[]): Promise<void> {}\n",
  'src/cart.ts': `export interface Item {
  id: string;
  cents: number;
}

export const cart: Item[] = [];

export async function addItem(item: Item): Promise<void> {
  await Promise.resolve();
  cart.push(item);
}

export async function addBoth(first: Item, second: Item): Promise<void> {
  await addItem(first);
  await addItem(second);
}
`,
  'src/wishlist.ts': `import { addItem, type Item } from './cart';

export function moveToCart(items: Item[]): void {
  for (const item of items) void addItem(item);
}
`,
  'src/prices.ts': 'export const prices: Record<string, number> = { tea: 1299, cup: 1200 };\n',
  'src/invoice.ts':
    "import { prices } from './prices';\n\nexport const lineOf = (id: string): string => `${id}: ${prices[id]}`;\n",
  'src/money/vat.ts': `export type Rate = 'normal' | 'reduced' | 'none';

/** As they are in the countries that we send to. */
const RATES: Record<string, Record<Rate, number>> = {
  AT: { normal: 0.2, reduced: 0.1, none: 0 },
  DE: { normal: 0.19, reduced: 0.07, none: 0 },
  FR: { normal: 0.2, reduced: 0.055, none: 0 },
};

export function rateOf(country: string, rate: Rate): number {
  return RATES[country]?.[rate] ?? 0;
}

/** In whole cents. */
export function vat(net: number, country: string, kind: Rate): number {
  const rate = rateOf(country, kind);
  return Math.round(net * rate);
}
`,
  'src/search/query.ts': `export interface Filter {
  name: string;
  value: string;
}

export function searchSql(filters: Filter[]): string {
  return \`SELECT p.* FROM products p
    \${filters.map((_, i) => \`JOIN product_attributes a\${i} ON a\${i}.product_id = p.id\`).join('\\n')}\`;
}
`,
  'src/checkout/totals.ts': `import type { Discount } from './discounts';

export interface Cart {
  lines: { cents: number; count: number }[];
}

export function totals(cart: Cart, discount?: Discount) {
  const subtotal = cart.lines.reduce((sum, { cents, count }) => sum + cents * count, 0);
  const shipping = subtotal === 0 ? 0 : 490;
  const reduction = discount ? Math.round((subtotal * discount.percent) / 100) : 0;
  return { subtotal, shipping, reduction, total: subtotal - reduction + shipping };
}
`,
  'src/checkout/discounts.ts': `export interface Discount {
  code: string;
  percent: number;
}

export function discountOf(row: { code: string; value: number }): Discount {
  return { code: row.code, percent: Math.min(row.value, 100) };
}
`,
  'src/checkout/DiscountField.tsx': `export function DiscountField({ message }: { message?: string }) {
  return (
    <label className="discount">
      Discount code
      <input name="discount" aria-invalid={message !== undefined} />
      {message === undefined ? null : <p role="alert">{message}</p>}
    </label>
  );
}
`,
  'src/checkout/Checkout.tsx': `import { DiscountField } from './DiscountField';
import { totals, type Cart } from './totals';

export function Checkout({ cart }: { cart: Cart }) {
  const { subtotal, shipping, total } = totals(cart);
  return (
    <section>
      <DiscountField />
      <p>
        {subtotal} + {shipping} = {total}
      </p>
    </section>
  );
}
`,
  'src/checkout/checkout.css': `.discount [role='alert'] {
  padding: 6px 12px;
  border-inline-start: 3px solid var(--color-danger);
  color: var(--color-danger);
  background: var(--color-danger-soft);
}

.discount input[aria-invalid='true'] {
  border-color: var(--color-danger);
}
`,
  'src/checkout/checkout.test.ts':
    "import { addBoth, cart } from '../cart';\n\nawait addBoth({ id: 'tea', cents: 1299 }, { id: 'cup', cents: 1200 });\nif (cart.length !== 2) throw new Error(`expected 2 items, got ${cart.length}`);\n",
  'src/checkout/totals.test.ts':
    "import { totals } from './totals';\n\nconst { total } = totals({ lines: [{ cents: 2499, count: 1 }] }, { code: 'ALL', percent: 100 });\nif (total !== 490) throw new Error(`expected 490, received ${total}`);\n",
};
