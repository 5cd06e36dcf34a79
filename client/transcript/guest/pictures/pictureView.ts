import type { TemplateResult } from 'lit';
import { html, noChange, nothing } from 'lit';
import { AsyncDirective, directive } from 'lit/async-directive.js';
import type { TranscriptImage } from '../../../../server/protocol/transcript.ts';
import { fill } from '../../strings.ts';
import { icon } from '../controls.ts';
import { revealBidi } from '../../../services/plainText.ts';
import type { ViewContext } from '../viewContext.ts';
import type { PictureSize, PictureState } from './pictures.ts';

/** The same is in the stylesheet. */
const MAX_HEIGHT = 320;

class PictureDirective extends AsyncDirective {
  #context: ViewContext | undefined;
  #place: TranscriptImage | undefined;
  #number = 0;

  override render(context: ViewContext, place: TranscriptImage, number: number): unknown {
    this.#context = context;
    this.#number = number;
    const same = this.#place?.position === place.position && this.#place.index === place.index;
    if (same) return noChange;
    this.#leave();
    return this.#view(place);
  }

  protected override disconnected(): void {
    this.#leave();
  }

  protected override reconnected(): void {
    if (this.#place !== undefined) this.setValue(this.#view(this.#place));
  }

  #view(place: TranscriptImage): unknown {
    this.#place = place;
    const state = this.#context?.content.pictures.view(place, this.#onChange);
    return state === undefined ? nothing : this.#template(state);
  }

  #leave(): void {
    if (this.#place !== undefined) this.#context?.content.pictures.leave(this.#place, this.#onChange);
  }

  readonly #onChange = (state: PictureState): void => this.setValue(this.#template(state));

  #template(state: PictureState): unknown {
    return this.#context === undefined || this.#place === undefined
      ? nothing
      : pictureView(this.#context, this.#place, state, this.#number);
  }
}

const picture = directive(PictureDirective);

/** A message's pictures, or a tool's. */
export function picturesView(
  context: ViewContext,
  places: readonly TranscriptImage[] | undefined,
): TemplateResult | typeof nothing {
  if (places === undefined || places.length === 0) return nothing;
  return html`<div class="pictures">
    ${places.map((place, index) => picture(context, place, index + 1))}
  </div>`;
}

function pictureView(
  { strings, formats, content }: ViewContext,
  place: TranscriptImage,
  state: PictureState,
  number: number,
): TemplateResult {
  const name = fill(strings.picture, formats.count(number));
  if (state.state === 'loading') {
    return html`<div class="picture-place">
      ${icon('file-media')}<span>${name}: ${strings.pictureLoading}</span>
    </div>`;
  }
  if (state.state === 'failed') {
    return html`<div class="picture-place failed">
      ${icon('warning')}<span>${name}: ${revealBidi(state.problem ?? strings.pictureFailed)}</span>
    </div>`;
  }
  const onClick = ({ currentTarget }: Event) => {
    if (!(currentTarget instanceof HTMLElement)) return;
    const full = currentTarget.classList.toggle('full');
    currentTarget.setAttribute('aria-pressed', full ? 'true' : 'false');
  };
  const onLoad = ({ currentTarget }: Event) => {
    if (!(currentTarget instanceof HTMLImageElement)) return;
    content.pictures.measured(place, {
      width: currentTarget.naturalWidth,
      height: currentTarget.naturalHeight,
    });
  };
  // Bytes that are not of the kind that they are said to be: the alternative text says what there is.
  const onError = ({ currentTarget }: Event) => {
    if (!(currentTarget instanceof HTMLElement)) return;
    currentTarget.closest('.picture')?.classList.add('broken');
    currentTarget.setAttribute('alt', `${name}: ${strings.pictureFailed}`);
  };
  const shown = shownSize(state.size);
  return html`<button
    class="picture"
    type="button"
    title=${strings.pictureSize}
    aria-pressed="false"
    @click=${onClick}
  >
    <img
      src=${state.url}
      alt=${name}
      width=${shown?.width ?? nothing}
      height=${shown?.height ?? nothing}
      @load=${onLoad}
      @error=${onError}
    />
  </button>`;
}

/** As the stylesheet bounds it. With it, the place of a picture is as large as the picture before that is drawn. */
function shownSize(size: PictureSize | undefined): PictureSize | undefined {
  if (size === undefined || size.height === 0) return undefined;
  const scale = Math.min(1, MAX_HEIGHT / size.height);
  return { width: Math.round(size.width * scale), height: Math.round(size.height * scale) };
}
