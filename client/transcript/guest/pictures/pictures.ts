import type { TranscriptImage } from '../../../../server/protocol/transcript.ts';
import type { GuestMessage, HostMessage } from '../../messages.ts';

/** In CSS pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

export type PictureState =
  | { readonly state: 'loading' }
  | { readonly state: 'shown'; readonly url: string; readonly size?: PictureSize }
  | { readonly state: 'failed'; readonly problem?: string };

interface Picture {
  state: PictureState;
  readonly viewers: Set<(state: PictureState) => void>;
}

/** No longer in view, but perhaps soon again. */
const MAX_KEPT = 24;
const mediaTypes = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** The pictures of the transcript. Each is asked for when it is to be seen, and let go some time after it was. */
export class Pictures {
  readonly #post: (message: GuestMessage) => void;
  /** Those that were looked at longest ago first. */
  readonly #pictures = new Map<string, Picture>();

  constructor(post: (message: GuestMessage) => void) {
    this.#post = post;
  }

  /** Begins to look at a picture; `onChange` tells of what comes after the state that is returned. */
  view(place: TranscriptImage, onChange: (state: PictureState) => void): PictureState {
    const key = keyOf(place);
    const picture: Picture = this.#pictures.get(key) ?? { state: { state: 'loading' }, viewers: new Set() };
    if (!this.#pictures.has(key)) this.#post({ type: 'image', position: place.position, index: place.index });
    picture.viewers.add(onChange);
    this.#pictures.delete(key);
    this.#pictures.set(key, picture);
    return picture.state;
  }

  leave(place: TranscriptImage, onChange: (state: PictureState) => void): void {
    const key = keyOf(place);
    const picture = this.#pictures.get(key);
    picture?.viewers.delete(onChange);
    // It is asked for again when it is looked at again.
    if (picture?.state.state === 'failed' && picture.viewers.size === 0) this.#pictures.delete(key);
    this.#letGo(MAX_KEPT);
  }

  receive(message: Extract<HostMessage, { type: 'image' }>): void {
    const picture = this.#pictures.get(keyOf(message));
    // It was let go before it came.
    if (picture?.state.state !== 'loading') return;
    picture.state = stateOf(message);
    for (const onChange of picture.viewers) onChange(picture.state);
  }

  /** Its size is known from now on: when it comes into view again, nothing moves. */
  measured(place: TranscriptImage, size: PictureSize): void {
    const picture = this.#pictures.get(keyOf(place));
    if (picture?.state.state === 'shown') picture.state = { ...picture.state, size };
  }

  /** Another transcript stands at the same positions now. */
  forget(): void {
    for (const { state } of this.#pictures.values())
      if (state.state === 'shown') URL.revokeObjectURL(state.url);
    this.#pictures.clear();
  }

  #letGo(kept: number): void {
    const unseen = [...this.#pictures].filter(([, { viewers }]) => viewers.size === 0);
    for (const [key, { state }] of unseen.slice(0, Math.max(0, unseen.length - kept))) {
      if (state.state === 'shown') URL.revokeObjectURL(state.url);
      this.#pictures.delete(key);
    }
  }
}

function keyOf({ position, index }: TranscriptImage): string {
  return `${position}/${index}`;
}

function stateOf({ mediaType, data, problem }: Extract<HostMessage, { type: 'image' }>): PictureState {
  if (data === undefined || mediaType === undefined || !mediaTypes.has(mediaType))
    return { state: 'failed', ...(problem === undefined ? {} : { problem }) };
  try {
    const bytes = bytesOf(data);
    return { state: 'shown', url: URL.createObjectURL(new Blob([bytes], { type: mediaType })) };
  } catch {
    return { state: 'failed' };
  }
}

/** Of base64. `Uint8Array.from` with a function takes a second and more for a large picture. */
function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  return bytes;
}
