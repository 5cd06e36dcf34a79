import { hostileTexts } from './hostileText.ts';

const ESC = '\u001b';

/** What would make a terminal do something. */
export const terminalOutputs = hostileTexts('terminal', [
  `${ESC}]8;;javascript:window.pwned=1${ESC}\\click${ESC}]8;;${ESC}\\`,
  `${ESC}]8;;command:workbench.action.quit\u0007click${ESC}]8;;\u0007`,
  `${ESC}]8;;https://evil.test/\u0007<img src=x onerror=alert(1)>${ESC}]8;;\u0007`,
  `${ESC}]0;title<script>window.pwned=1</script>\u0007${ESC}]2;x${ESC}\\after`,
  `${ESC}]52;c;ZXZpbA==\u0007clipboard ${ESC}]1337;File=name=eA==;inline=1:AAAA\u0007`,
  `${ESC}[2J${ESC}[H${ESC}[3J${ESC}c cleared ${ESC}[10A${ESC}[99999999999D${ESC}[?1049h up`,
  `${ESC}[6n${ESC}[c${ESC}[>c${ESC}]10;?\u0007${ESC}P$qm${ESC}\\ asks`,
  `${ESC}]unterminated osc ${'x'.repeat(5000)}\nnext line`,
  `${ESC}Punterminated dcs ${'y'.repeat(5000)}`,
  `${ESC}[${'1;'.repeat(9000)}m too many`,
  `${ESC}[38;2;999;-1;1e9m${ESC}[38;5;4294967296m${ESC}[48;2m${ESC}[38m${ESC}[m colours`,
  `${ESC}[constructor;__proto__m ${ESC}[toStringm ${ESC}[58;5;1m ${ESC}[10m${ESC}[100000m`,
  Array.from({ length: 100_000 }, (_, index) => `${ESC}[${30 + (index % 8)}mx`).join(''),
  Array.from(
    { length: 1500 },
    (_, index) => `${ESC}[38;2;${index % 256};${index % 99};0;4${index % 8}mx`,
  ).join(''),
  ESC.repeat(20_000),
  `${ESC}[`.repeat(10_000),
  `${ESC}]`.repeat(10_000),
  '\r'.repeat(20_000),
  'abc\rd\r'.repeat(3000),
  '\b'.repeat(10_000),
  `\u009b31mC1\u009bm \u009d0;title\u009c \u0090dcs\u009c after`,
  `hidden ${ESC}[8msecret${ESC}[0m ${ESC}[30;40mblack on black${ESC}[0m ${ESC}[37;47mwhite on white${ESC}[0m`,
]);
