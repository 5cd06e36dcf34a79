/** Small charts for pages of markdown, drawn in the colours of the reader's theme. */

/** Colours of VS Code's for charts that tell apart in every theme; its orange is nearly black in dark ones. */
export type ChartColour = 'blue' | 'green' | 'red' | 'yellow' | 'purple';

const COLUMN = 16;
const GAP = 4;
const HEIGHT = 56;
const LABEL = 16;
const BAR = 160;

export interface Column {
  /** Such as "Nov 25: 3". Shown while the mouse rests on the column. */
  readonly words: string;
  readonly value: number;
}

export interface ColumnChart {
  readonly columns: readonly Column[];
  /** The value that is as high as the chart. */
  readonly most: number;
  readonly colour: ChartColour;
  /** What a screen reader says instead of the drawing. */
  readonly words: string;
  /** Below the first column, and below the last. */
  readonly ends: readonly [string, string];
}

/**
 * Columns over a base line, as one line of HTML. It is no picture in an `img`: what is drawn there knows nothing of the
 * theme.
 */
export function columnChart({ columns, most, colour, words, ends }: ColumnChart): string {
  const width = columns.length * (COLUMN + GAP) - GAP;
  const height = HEIGHT + 2 + LABEL;
  const bars = columns.map(({ value, words: hint }, at) => {
    const x = at * (COLUMN + GAP);
    const filled = heightOf(value, most);
    const column = (y: number, rest: string) =>
      `<rect x="${x}" y="${y}" width="${COLUMN}" height="${HEIGHT - y}"${rest}/>`;
    // The whole column answers to the mouse, also where next to nothing is drawn.
    return `<g><title>${escaped(hint)}</title>${column(0, ' fill="transparent"')}${column(HEIGHT - filled, '')}</g>`;
  });
  const label = (x: number, anchor: string, text: string) =>
    `<text x="${x}" y="${height - 3}" text-anchor="${anchor}" font-size="11" style="fill:var(--vscode-descriptionForeground)">${escaped(text)}</text>`;
  return [
    `<svg role="img" aria-label="${escaped(words)}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    ` style="max-width:100%;height:auto;fill:var(--vscode-charts-${colour})">`,
    ...bars,
    `<rect x="0" y="${HEIGHT + 1}" width="${width}" height="1" style="fill:var(--vscode-charts-lines)"/>`,
    label(0, 'start', ends[0]),
    label(width, 'end', ends[1]),
    '</svg>',
  ].join('');
}

/** A bar for the cell of a table whose number stands beside it: it says nothing that the number does not. */
export function bar(value: number, most: number, colour: ChartColour): string {
  const width = value === 0 || most === 0 ? 0 : Math.max(2, Math.round((value / most) * BAR));
  return (
    `<svg aria-hidden="true" width="${BAR}" height="10" viewBox="0 0 ${BAR} 10" style="vertical-align:middle">` +
    `<rect width="${width}" height="10" style="fill:var(--vscode-charts-${colour})"/></svg>`
  );
}

/** A day with anything at all can be seen. */
function heightOf(value: number, most: number): number {
  return value === 0 || most === 0 ? 0 : Math.max(3, Math.round((value / most) * HEIGHT));
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/\s+/g, ' ');
}
