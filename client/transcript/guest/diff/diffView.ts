import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { fill } from '../../strings.ts';
import { copyButton } from '../controls.ts';
import { foldedView } from '../foldedText.ts';
import type { CodeLine } from '../highlight/codeLines.ts';
import { codeLines } from '../highlight/codeLines.ts';
import { grammarOfPath } from '../../languages.ts';
import { pathLink } from '../paths/pathLink.ts';
import type { ItemContext, ViewContext } from '../viewContext.ts';
import type { DiffLine, FileDiff } from './fileDiff.ts';
import { countsOf, diffText, signs } from './fileDiff.ts';

const DIFF_LINES = 40;

/** Changes of files, each with its path and the number of lines that came and went. */
export function diffsView(context: ItemContext, part: string, diffs: readonly FileDiff[]): unknown {
  return diffs.map((diff, index) =>
    foldedView(context, {
      part: `${part}/${index}`,
      total: { unit: 'lines', count: diff.lines.length },
      isLong: diff.lines.length > DIFF_LINES,
      view: (whole) => diffView(context, diff, whole ? diff.lines : diff.lines.slice(0, DIFF_LINES)),
    }),
  );
}

/** The whole of a diff, as a code block of a message has it. */
export function diffView(context: ViewContext, diff: FileDiff, shown = diff.lines): TemplateResult {
  const { strings, formats, content } = context;
  const { added, removed } = countsOf(diff);
  const [plus, minus] = [formats.count(added), formats.count(removed)];
  const grammar = diff.path === undefined ? undefined : grammarOfPath(diff.path);
  return html`<div class="code diff">
    <div class="diff-head">
      ${diff.path === undefined ? nothing : html`<span class="diff-path">${pathLink(diff.path, content.paths)}</span>`}
      <span class="diff-counts" role="img" aria-label=${fill(strings.diffCounts, plus, minus)}
        ><span class="diff-plus">+${plus}</span> <span class="diff-minus">−${minus}</span></span
      >
    </div>
    ${copyButton(context, diffText(diff))}
    <pre><code dir="ltr">${codeLines(content.highlighter, grammar, shown.map(codeLine))}</code></pre>
  </div>`;
}

function codeLine({ kind, text }: DiffLine): CodeLine {
  return { before: signs[kind], className: kind, text, isCode: kind !== 'gap' };
}
