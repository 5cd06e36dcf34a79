import { discountField } from './pictures.ts';
import { failingRun, passingRunWithCoverage } from './testOutput.ts';

/** Of the example transcripts: a picture of one pixel, and lines that more is put around. */
export const ONE_PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const FAILED =
  'FAIL src/checkout/totals.test.ts\n  ✗ a discount of 100 % leaves the shipping to pay\n    expected 490, received -2009\n\nTests: 1 failed, 14 passed';
const PASSED =
  'PASS src/checkout/totals.test.ts\nPASS src/checkout/DiscountField.test.tsx\n\nTests: 17 passed';
const AGAIN = '"command":"npm test -- checkout","description":"Run the checkout tests again"';
const WITH_COVERAGE = '"command":"npm test -- --coverage","description":"Run all tests"';
const LAST_ANSWER = '"uuid":"b75de6f2-50bc-4228-ac11-d8717e6e9dbe"';
const TITLE = '{"type":"custom-title"';

const SESSION = '5d0c3f52-8a4e-4b53-9d27-61f0c2a7e913';
const FOLDER = '/home/dev/projects/shop';

const STYLES = `.discount [role='alert'] {
  padding: 6px 12px;
  color: #ba2430;
  background: #fdeced;
}
`;

const DESCRIPTION = `# Discount codes in the checkout

Customers can enter **one code**. It takes a percentage off the *subtotal*, and never anything off the shipping.

## What changed

| File | Change | Tests |
| --- | --- | ---: |
| \`src/checkout/totals.ts\` | subtracts the reduction, in whole cents | 7 |
| \`src/checkout/discounts.ts:7\` | a code is worth at most 100 % | 5 |
| \`src/checkout/DiscountField.tsx\` | the field and its message | 5 |
| \`src/checkout/checkout.css\` | colours of the design, as tokens | – |

## How the total is made

\`\`\`ts
const reduction = discount ? Math.round((subtotal * discount.percent) / 100) : 0;
return { subtotal, shipping, reduction, total: subtotal - reduction + shipping };
\`\`\`

Codes come from a table of their own:

\`\`\`sql
SELECT code, value FROM discount_codes
 WHERE lower(code) = lower($1) AND now() BETWEEN valid_from AND valid_until;
\`\`\`

To try it:

\`\`\`bash
npm test -- checkout
curl -s localhost:3000/api/total -d '{"code": "SPRING25"}' | jq .total
\`\`\`

> Rounding happens **once**, where the reduction is made. \`Math.round\` in \`src/money/vat.ts:18\` is left alone.

## Before it is merged

1. Look at the message in the [contrast checker](https://webaim.org/resources/contrastchecker/).
2. Decide what happens to codes in carts that are kept:
   - drop them without a word, or
   - say so at the next visit.

It is ready for review.`;

/** The example session about discount codes, with what makes a transcript long and colourful. */
export function withDiscountWork(transcript: string): string {
  let text = transcript;
  text = exchanged(text, AGAIN, WITH_COVERAGE);
  text = replaced(text, FAILED, `Exit code 1\n${failingRun()}`);
  text = replaced(text, PASSED, passingRunWithCoverage());
  text = replaced(text, ONE_PIXEL, discountField('DESIGN'));
  text = inserted(text, text.lastIndexOf('\n', text.indexOf(LAST_ANSWER)) + 1, messageWork());
  return inserted(text, text.indexOf(TITLE), describing());
}

function replaced(text: string, before: string, after: string): string {
  return exchanged(text, JSON.stringify(before), JSON.stringify(after));
}

function exchanged(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`The example transcript no longer holds ${from}.`);
  return text.replaceAll(from, () => to);
}

function inserted(text: string, at: number, lines: readonly object[]): string {
  if (at <= 0) throw new Error('The example transcript has no place for more lines.');
  const added = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  return text.slice(0, at) + added + text.slice(at);
}

const common = (uuid: string, time: string) => ({
  isSidechain: false,
  userType: 'external',
  cwd: FOLDER,
  sessionId: SESSION,
  version: '2.1.44',
  gitBranch: 'feature/discount-codes',
  uuid,
  timestamp: `2026-03-11T09:${time}.000Z`,
});

const user = (uuid: string, time: string, content: unknown, toolUseResult?: unknown) => ({
  ...common(uuid, time),
  type: 'user',
  message: { role: 'user', content },
  toolUseResult,
});

const assistant = (uuid: string, time: string, block: object) => ({
  ...common(uuid, time),
  type: 'assistant',
  message: { id: `msg_${uuid}`, role: 'assistant', model: 'claude-sonnet-4-5-20250929', content: [block] },
});

const call = (uuid: string, time: string, name: string, input: object) =>
  assistant(uuid, time, { type: 'tool_use', id: `toolu_${uuid}`, name, input });

const answer = (
  of: string,
  time: string,
  content: unknown,
  more: { isError?: boolean; durationMs?: number } = {},
) =>
  user(
    `${of}-result`,
    time,
    [{ type: 'tool_result', tool_use_id: `toolu_${of}`, content, is_error: more.isError }],
    { durationMs: more.durationMs },
  );

/** From the person's picture to the answer. */
function messageWork(): object[] {
  return [
    assistant('demo-1', '18:03', {
      type: 'thinking',
      thinking:
        'The picture has a bar at the left, dark red text and a soft red background. The shop has tokens for both reds, so no colour should be written out.\n\nThe message also has to be read out when it appears: `role="alert"` does that.',
    }),
    call('demo-2', '18:03', 'Write', { file_path: `${FOLDER}/src/checkout/checkout.css`, content: STYLES }),
    answer('demo-2', '18:04', `File created successfully at: ${FOLDER}/src/checkout/checkout.css`),
    call('demo-3', '18:04', 'Bash', {
      command: 'npx stylelint "src/**/*.css"',
      description: 'Check the styles',
    }),
    answer(
      'demo-3',
      '18:05',
      'Exit code 2\n\u001b[4msrc/checkout/checkout.css\u001b[24m\n  \u001b[2m3:10\u001b[22m  \u001b[31m✖\u001b[39m  Unexpected hex color "#ba2430"  \u001b[2mcolor-no-hex\u001b[22m\n  \u001b[2m4:15\u001b[22m  \u001b[31m✖\u001b[39m  Unexpected hex color "#fdeced"  \u001b[2mcolor-no-hex\u001b[22m\n\n\u001b[31m✖ 2 problems\u001b[39m (\u001b[31m2 errors\u001b[39m, \u001b[33m0 warnings\u001b[39m)',
      { isError: true, durationMs: 1312 },
    ),
    assistant('demo-4', '18:05', {
      type: 'text',
      text: 'Right, colours come from `tokens.css` here. I use the tokens, and add the bar that I had missed.',
    }),
    call('demo-5', '18:05', 'MultiEdit', {
      file_path: `${FOLDER}/src/checkout/checkout.css`,
      edits: [
        {
          old_string: '  color: #ba2430;\n  background: #fdeced;\n}',
          new_string:
            '  border-inline-start: 3px solid var(--color-danger);\n  color: var(--color-danger);\n  background: var(--color-danger-soft);\n}',
        },
        {
          old_string: '  padding: 6px 12px;',
          new_string: '  padding: 6px 12px;\n  margin-block-start: 8px;',
        },
      ],
    }),
    answer('demo-5', '18:06', `Applied 2 edits to ${FOLDER}/src/checkout/checkout.css`),
    call('demo-6', '18:06', 'mcp__browser__take_screenshot', {
      url: 'http://localhost:3000/checkout?code=SPRING25',
    }),
    answer(
      'demo-6',
      '18:07',
      [
        { type: 'text', text: 'Took a screenshot of the checkout (320 × 160).' },
        {
          type: 'image',
          source: { type: 'base64', media_type: 'image/png', data: discountField('CHECKOUT') },
        },
      ],
      { durationMs: 846 },
    ),
  ];
}

/** What came after it. */
function describing(): object[] {
  return [
    user('demo-7', '20:11', 'Looks right. Please write the description of the pull request.'),
    assistant('demo-8', '20:24', { type: 'text', text: DESCRIPTION }),
  ];
}
