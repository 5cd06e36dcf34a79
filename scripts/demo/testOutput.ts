const ESCAPE = '\u001b';
const green = (text: string) => `${ESCAPE}[32m${text}${ESCAPE}[39m`;
const red = (text: string) => `${ESCAPE}[31m${text}${ESCAPE}[39m`;
const yellow = (text: string) => `${ESCAPE}[33m${text}${ESCAPE}[39m`;
const dim = (text: string) => `${ESCAPE}[2m${text}${ESCAPE}[22m`;
const bold = (text: string) => `${ESCAPE}[1m${text}${ESCAPE}[22m`;

const SUITES: Readonly<Record<string, readonly string[]>> = {
  'cart/cart.test.ts': [
    'is empty at first',
    'adds an item',
    'adds the same item twice as one line',
    'keeps the order of its lines',
    'takes an item out',
    'is emptied after the order',
    'survives a reload',
    'keeps what was added while it was offline',
  ],
  'cart/merge.test.ts': [
    'takes the newer line of two carts',
    'keeps lines that only one cart has',
    'decides a tie by the id of the cart',
    'is the same in either order',
  ],
  'checkout/totals.test.ts': [
    'sums whole cents',
    'adds the shipping once',
    'takes a percentage off the subtotal',
    'never takes anything off the shipping',
    'leaves the shipping to pay at 100 %',
    'rounds half a cent up',
    'is the same for one line of ten and for ten lines of one',
  ],
  'checkout/discounts.test.ts': [
    'finds a code whatever its case',
    'ignores white space around a code',
    'refuses a code that has expired',
    'refuses a code that is not there yet',
    'caps what a code is worth',
  ],
  'checkout/DiscountField.test.tsx': [
    'shows no message at first',
    'says that a code is not valid',
    'takes the message away while one types',
    'is read out by a screen reader',
    'applies the code on Enter',
  ],
  'checkout/checkout.test.ts': ['keeps both items of a quick shopper', 'pays once', 'sends one receipt'],
  'search/query.test.ts': [
    'finds by one filter',
    'finds by ten filters',
    'finds nothing where one filter matches nothing',
    'escapes what people type',
  ],
};

function lines(slowAt: number, isFailing: (name: string) => boolean): string[] {
  let count = 0;
  return Object.entries(SUITES).flatMap(([file, names]) => [
    ` ${names.some(isFailing) ? red('❯') : green('✓')} ${dim('src/')}${file} ${dim(`(${names.length} tests)`)}`,
    ...names.map((name) => {
      count += 1;
      const milliseconds = 1 + ((count * 37 + slowAt) % 23);
      const time = count === slowAt ? yellow(' 412ms') : dim(` ${milliseconds}ms`);
      return `   ${isFailing(name) ? red('✗') : green('✓')} ${name}${time}`;
    }),
  ]);
}

function summary(failed: number, passed: number): string[] {
  const files = Object.keys(SUITES).length;
  const bad = failed === 0 ? '' : `${red(bold('1 failed'))}${dim(' | ')}`;
  return [
    '',
    `${dim(' Test Files ')} ${bad}${green(bold(`${files - Math.min(failed, 1)} passed`))} (${files})`,
    `${dim('      Tests ')} ${bad}${green(bold(`${passed} passed`))} (${failed + passed})`,
    `${dim('   Duration ')} 6.87s`,
  ];
}

const ALL = Object.values(SUITES).flat().length;

/** The output of the tests in a terminal, run after run until one fails. */
export function runsUntilOneFails(runs: number): string {
  const flaky = 'keeps both items of a quick shopper';
  return Array.from({ length: runs }, (_, index) => {
    const isLast = index === runs - 1;
    const failure = [
      '',
      `${red(bold(' FAIL '))} src/checkout/checkout.test.ts > ${flaky}`,
      red('AssertionError: expected 2 items, got 1'),
      `${dim(' ❯')} src/checkout/checkout.test.ts:31:27`,
      `     ${dim('29|')}   await checkout.open();`,
      `     ${dim('30|')}   addBoth(first, second);`,
      `     ${dim('31|')}   expect(await cart.count()).toBe(2);`,
      `       ${dim('|')}                           ${red('^')}`,
    ];
    return [
      bold(`run ${index + 1}`),
      ...lines(index + 3, (name) => isLast && name === flaky),
      ...(isLast ? failure : []),
      ...summary(isLast ? 1 : 0, isLast ? ALL - 1 : ALL),
      '',
    ];
  })
    .flat()
    .join('\n');
}

/** Where the checkout's tests alone fail. */
export function failingRun(): string {
  return [
    `${red(bold('FAIL'))} ${dim('src/checkout/')}totals.test.ts`,
    `  ${green('✓')} takes a percentage off the subtotal ${dim('3ms')}`,
    `  ${red('✗ a discount of 100 % leaves the shipping to pay')}`,
    `    expected ${green('490')}, received ${red('-2009')}`,
    '',
    `Tests: ${red(bold('1 failed'))}, ${green('14 passed')}`,
  ].join('\n');
}

/** All tests, with how much of each file they reach. */
export function passingRunWithCoverage(): string {
  const files = ['cart', 'merge', 'totals', 'discounts', 'DiscountField', 'query', 'vat', 'wishlist'];
  const parts = [
    'add',
    'change',
    'check',
    'find',
    'format',
    'load',
    'parse',
    'read',
    'save',
    'show',
    'sort',
    'sum',
    'undo',
  ];
  const table = files.flatMap((file, row) => [
    `${bold(file.padEnd(24))} ${dim('|')} ${String(82 + ((row * 7) % 18)).padStart(6)} %`,
    ...parts.map((part, column) => {
      const percent = 70 + ((row * 13 + column * 29) % 31);
      const paint = percent < 80 ? yellow : green;
      return `  ${part.padEnd(22)} ${dim('|')} ${paint(String(percent).padStart(6))} %`;
    }),
  ]);
  return [...lines(9, () => false), ...summary(0, ALL), '', bold('Coverage'), ...table].join('\n');
}
