import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import { guard } from 'lit/directives/guard.js';
import type { ToolResult } from '../../../../server/protocol/transcript.ts';
import { ansiNodes } from '../ansi/ansiNodes.ts';
import { ansiRuns, firstRuns, textOf } from '../../ansiRuns.ts';
import { copyButton } from '../controls.ts';
import { diffsView } from '../diff/diffView.ts';
import { looksLikeDiff, unifiedDiff } from '../diff/unifiedDiff.ts';
import { excerpt } from '../excerpt.ts';
import { foldedView } from '../foldedText.ts';
import { codeLines } from '../highlight/codeLines.ts';
import { grammarOfPath } from '../../languages.ts';
import { picturesView } from '../pictures/pictureView.ts';
import { BLOCK, blockView, PROSE, proseView } from '../textView.ts';
import type { ItemContext } from '../viewContext.ts';
import type { NumberedText } from './numberedText.ts';
import { numberedText } from './numberedText.ts';

export interface OutputHints {
  /** The tool's name, for the editor's tab. */
  readonly title: string;
  /** What the tool answers with is written to be read: another agent's answer, a page's text. */
  readonly isProse: boolean;
  /** Of the file that was read. */
  readonly file?: string | undefined;
}

export function outputView(context: ItemContext, result: ToolResult, hints: OutputHints): TemplateResult {
  const { strings } = context;
  const { output, outputCut, images } = result;
  const title = `${hints.title}: ${strings.toolOutput}`;
  const fileGrammar = hints.file === undefined ? undefined : grammarOfPath(hints.file);
  const runs = ansiRuns(output);
  const text = textOf(runs);
  return html`<div class="label">${strings.toolOutput}</div>
    ${
      text.trim() === ''
        ? images === undefined || images.length === 0
          ? html`<div class="no-output">${strings.noOutput}</div>`
          : nothing
        : view()
    }${picturesView(context, images)}`;

  function view(): unknown {
    if (runs.length === 1 && outputCut === undefined && looksLikeDiff(text))
      return diffsView(context, 'output', unifiedDiff(text));
    if (hints.isProse && !result.isError)
      return proseView(context, 'output', text, { title, cut: outputCut, limits: PROSE });
    const numbered = result.isError || hints.file === undefined ? undefined : numberedText(text);
    if (numbered !== undefined) return numberedView(numbered);
    const grammar = result.isError ? undefined : (fileGrammar ?? (looksLikeJson(text) ? 'json' : undefined));
    if (grammar !== undefined) return blockView(context, 'output', text, { title, cut: outputCut, grammar });
    return terminalView();
  }

  function numberedView({ lines, rest }: NumberedText): TemplateResult {
    const code = lines.map((line) => line.text).join('\n');
    return html`${foldedView(context, {
      part: 'output',
      total: { unit: 'lines', count: lines.length },
      isLong: lines.length > BLOCK.lines,
      view: (whole) =>
        html`<div class="code numbered">
          ${copyButton(context, code, outputCut)}
          <pre><code dir="ltr">${codeLines(
            context.content.highlighter,
            fileGrammar,
            (whole ? lines : lines.slice(0, BLOCK.lines)).map((line) => ({
              before: line.number,
              className: 'numbered-line',
              text: line.text,
              isCode: true,
            })),
          )}</code></pre>
        </div>`,
      editor: { title, language: fileGrammar, text: code, cut: outputCut },
    })}${rest === '' ? nothing : blockView(context, 'output/rest', rest, { title })}`;
  }

  function terminalView(): TemplateResult {
    const beginning = excerpt(text, BLOCK);
    return foldedView(context, {
      part: 'output',
      total: beginning?.total ?? { unit: 'characters', count: text.length },
      isLong: beginning !== undefined,
      view: (whole) => {
        const shown = whole || beginning === undefined ? runs : firstRuns(runs, beginning.text.length);
        return html`<div class="code">
          ${copyButton(context, text, outputCut)}
          <pre class="terminal"><code dir="ltr">${guard([output, whole], () => ansiNodes(shown))}</code></pre>
        </div>`;
      },
      editor: { title, text, cut: outputCut },
    });
  }
}

function looksLikeJson(text: string): boolean {
  const start = text.trimStart();
  return /^(?:\{\s*"|\{\s*\}|\[\s*(?:[{["\d\]]|true|false|null))/.test(start) && /[}\]]\s*$/.test(text);
}
