/** Times of one kind of work, in milliseconds. */
export interface Figures {
  readonly name: string;
  readonly runs: number;
  readonly min: number;
  readonly median: number;
  readonly p99: number;
  /** Added to the row as it is: what the times do not say. */
  readonly note?: string;
}

/** Runs work again and again, and times each run; one in five before them warms up and does not count. */
export async function measure(
  name: string,
  runs: number,
  work: (run: number) => unknown,
  note?: string,
): Promise<Figures> {
  const warmUps = Math.ceil(runs / 5);
  const times: number[] = [];
  for (let run = 0; run < runs + warmUps; run++) {
    const begun = performance.now();
    await work(run);
    if (run >= warmUps) times.push(performance.now() - begun);
  }
  return { ...figuresOf(name, times), ...(note === undefined ? {} : { note }) };
}

export function figuresOf(name: string, times: readonly number[]): Figures {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return { name, runs: sorted.length, min: at(0), median: at(0.5), p99: at(0.99) };
}

/** A table in markdown, for terminals and for documents alike. */
export function table(title: string, rows: readonly Figures[]): string {
  const cells = rows.map(({ name, runs, min, median, p99, note }) => [
    name,
    String(runs),
    ms(min),
    ms(median),
    ms(p99),
    note ?? '',
  ]);
  const head = ['what', 'runs', 'min ms', 'median ms', 'p99 ms', 'note'];
  const widths = head.map((title_, column) =>
    Math.max(title_.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [`### ${title}`, '', line(head), rule, ...cells.map(line), ''].join('\n');
}

function ms(value: number): string {
  return value < 10 ? value.toFixed(3) : value.toFixed(1);
}
