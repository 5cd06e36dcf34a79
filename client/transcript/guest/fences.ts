/** A run of prose, or a fenced code block. */
export type Segment =
  | { readonly kind: 'prose'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string; readonly language: string };

const opening = /^([ \t]*)(`{3,}|~{3,})([^`\n]*)$/;

/** Splits at code fences. One that is not closed reaches to the end, as it does while a message is being written. */
export function splitFences(text: string): Segment[] {
  const segments: Segment[] = [];
  const prose: string[] = [];
  const endProse = () => {
    // Blank lines beside a block are the block's margin.
    const joined = prose
      .splice(0)
      .join('\n')
      .replace(/^(?:[ \t]*\n)+/, '')
      .trimEnd();
    if (joined !== '') segments.push({ kind: 'prose', text: joined });
  };
  const lines = text.split('\n');
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? '';
    const [, indent = '', fence, info = ''] = opening.exec(line.trimEnd()) ?? [];
    if (fence === undefined) {
      prose.push(line);
      continue;
    }
    endProse();
    const end = lines.findIndex((other, at) => at > index && closes(other, fence));
    const code = lines
      .slice(index + 1, end < 0 ? undefined : end)
      .map((other) => withoutIndent(other, indent.length));
    segments.push({ kind: 'code', text: code.join('\n'), language: info.trim().split(/\s/)[0] ?? '' });
    index = end < 0 ? lines.length : end;
  }
  endProse();
  return segments;
}

function closes(line: string, fence: string): boolean {
  const mark = line.trim();
  return mark.length >= fence.length && mark === fence.charAt(0).repeat(mark.length);
}

function withoutIndent(line: string, width: number): string {
  const own = line.length - line.trimStart().length;
  return line.slice(Math.min(own, width));
}
