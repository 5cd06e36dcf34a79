import { cut, oneLine, pad, width } from './text.ts';

export interface Column<Row> {
  readonly heading: string;
  readonly cell: (row: Row) => string;
  readonly align?: 'left' | 'right';
  /** The widest that it gets, in columns of the terminal. */
  readonly most?: number;
  /** Colours a cell that was cut and padded already. */
  readonly style?: (text: string, row: Row) => string;
}

const GAP = '  ';

/**
 * Rows as aligned lines, below their headings. In a terminal of so many columns no line is wider: the last column gets
 * what the others leave, and what does not fit is cut. Columns with nothing in them are left out.
 */
export function table<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  columnsOfTerminal: number | undefined,
  styleHeading: (text: string) => string = (text) => text,
): string[] {
  const filled = columns
    .map((column) => ({ column, cells: rows.map((row) => oneLine(column.cell(row))) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''));
  let left = columnsOfTerminal ?? Infinity;
  const laidOut = filled.map(({ column, cells }, at) => {
    const isLast = at === filled.length - 1;
    const limit = columnsOfTerminal === undefined || isLast ? Infinity : (column.most ?? Infinity);
    const wanted = cells.reduce((most, cell) => Math.max(most, width(cell)), width(column.heading));
    const wide = Math.max(0, Math.min(wanted, limit, left));
    left = left - wide - GAP.length;
    return { column, cells, wide };
  });
  const line = (cellAt: (index: number) => string, style?: (text: string, index: number) => string) =>
    laidOut
      .map(({ column, wide }, at) => {
        const text = pad(cut(cellAt(at), wide), wide, column.align);
        const end = at === laidOut.length - 1 ? text.trimEnd() : text;
        return style && end.trim() !== '' ? style(end, at) : end;
      })
      .filter((_, at) => at === 0 || (laidOut[at]?.wide ?? 0) > 0)
      .join(GAP)
      .trimEnd();
  const headings = styleHeading(line((at) => laidOut[at]?.column.heading ?? ''));
  return [
    headings,
    ...rows.map((row, index) =>
      line(
        (at) => laidOut[at]?.cells[index] ?? '',
        (text, at) => laidOut[at]?.column.style?.(text, row) ?? text,
      ),
    ),
  ];
}

export interface Fact {
  readonly name: string;
  /** A fact without a value is left out. */
  readonly value: string | undefined;
  readonly style?: (text: string) => string;
}

/** Names and values, the values below each other. */
export function facts(
  given: readonly Fact[],
  columnsOfTerminal: number | undefined,
  styleName: (text: string) => string = (text) => text,
): string[] {
  const known = given.filter(({ value }) => value !== undefined);
  const wide = Math.max(0, ...known.map(({ name }) => name.length));
  const room = columnsOfTerminal === undefined ? Infinity : columnsOfTerminal - wide - GAP.length;
  return known.map(({ name, value = '', style = (text) => text }) =>
    [styleName(name.padEnd(wide)), style(cut(oneLine(value), room))].join(GAP),
  );
}
