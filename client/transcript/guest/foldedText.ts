import type { TemplateResult } from 'lit';
import { html, nothing } from 'lit';
import type { CutText } from '../../../server/protocol/transcript.ts';
import { fill } from '../strings.ts';
import { icon } from './controls.ts';
import type { ItemContext, ViewContext } from './viewContext.ts';

export interface FoldedText {
  readonly part: string;
  /** All that the page has. */
  readonly total: { readonly unit: 'lines' | 'characters'; readonly count: number };
  /** Whether there is more than is shown at first. */
  readonly isLong: boolean;
  readonly view: (whole: boolean) => unknown;
  /** Where the whole can be read in an editor. */
  readonly editor?: EditorText;
}

export interface EditorText {
  readonly title: string;
  readonly language?: string | undefined;
  readonly text: string;
  /** Where `text` is only a beginning. */
  readonly cut?: CutText | undefined;
}

/** A text, of which a long one shows its beginning until the reader wants all of it, and a cut one says so. */
export function foldedView(context: ItemContext, folded: FoldedText): TemplateResult {
  const { strings, formats } = context;
  const { total, isLong, editor } = folded;
  const key = `${folded.part}/all`;
  const open = context.open.has(key);
  const showAll = total.unit === 'lines' ? strings.showAllLines : strings.showAllCharacters;
  const onClick = ({ currentTarget }: Event) => {
    if (currentTarget instanceof Element) context.toggle(context.id, key, currentTarget);
  };
  const toggle = html`<button
    class="show-all"
    type="button"
    aria-expanded=${open ? 'true' : 'false'}
    @click=${onClick}
  >
    ${open ? strings.showLess : fill(showAll, formats.count(total.count))}
  </button>`;
  const cut = editor?.cut;
  const below =
    isLong || cut !== undefined
      ? html`<div class="long-end">
          ${isLong ? toggle : nothing}
          ${
            cut === undefined || (isLong && !open)
              ? nothing
              : html`<span class="cut-note"
                  >${fill(strings.cut, formats.count(editor?.text.length ?? 0), formats.count(cut.characters))}</span
                >`
          }
          ${editor === undefined ? nothing : editorButton(context, editor)}
        </div>`
      : nothing;
  return html`<div class=${isLong && !open ? 'long cut' : 'long'} data-part=${folded.part.split('/')[0]}>
      ${folded.view(open || !isLong)}
    </div>
    ${below}`;
}

function editorButton(context: ViewContext, { title, language, text, cut }: EditorText): TemplateResult {
  const { strings } = context;
  const onClick = () =>
    context.post({
      type: 'openText',
      title,
      ...(language === undefined || language === '' ? {} : { language }),
      ...(cut === undefined ? { text } : { cut }),
    });
  return html`<button class="show-all" type="button" @click=${onClick}>
    ${icon('go-to-file')}${strings.openInEditor}
  </button>`;
}
