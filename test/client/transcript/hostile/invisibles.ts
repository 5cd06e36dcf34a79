import { hostileTexts } from './hostileText.ts';

/** Those that change the order of what is drawn: the reader has to see that they are there. */
export const bidiControls = [
  '\u202a',
  '\u202b',
  '\u202c',
  '\u202d',
  '\u202e',
  '\u2066',
  '\u2067',
  '\u2068',
  '\u2069',
];

/** Characters that are not drawn, are drawn elsewhere, or are none. */
export const invisibles = hostileTexts('invisible', [
  ...bidiControls.map((control) => `const access${control}Level = "user${control}"; // \`admin${control}\``),
  'if (isAdmin\u202e \u2066) begin admin only\u2069 \u2066 { grant(); }',
  '[\u202egpj.exe](https://good.test/\u202egpj.exe) `src/\u202ets.a/b.ts`',
  'zero\u200bwidth\u200c\u200d\u2060\ufeff soft\u00adhyphen \u180e hangul\u3164filler \u115f\u1160',
  '\u200e\u200f\u061c marks of direction \u200f(abc)\u200f',
  'tags \u{e0001}\u{e0068}\u{e0065}\u{e0079}\u{e007f} and variation\ufe0f\u{e0100}',
  `a${'\u0301'.repeat(2000)} combining ${'\u0e47'.repeat(2000)}`,
  'lone \ud800 high, \udc00 low, \udfff\ud800 crossed, in `code \ud83d` and [link \ude00](https://good.test/\ud800)',
  'nul \0 between \0\0 and `in \0 code`',
  'separators \u2028 line \u2029 paragraph \u0085 next \u000b tab \u000c page',
  `controls ${Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join('')}\u007f\u0080\u009f`,
  '\ufffe\uffff noncharacters \u{10ffff} \ufffd',
  '\ufff9interlinear\ufffaannotation\ufffb \u206a\u206b\u206c\u206d\u206e\u206f',
  'Ⅴⅴ ℡ ﷽ 𒐫 ⸻ ꧅ wide ones',
  'שלום עולם <b>שלום</b> `const a = 1` مرحبا',
]);
