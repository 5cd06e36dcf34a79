import { sessionNotFound } from '../domain/errors.ts';
import type { TranscriptPage } from '../protocol/transcript.ts';
import type { PageQuery, SessionSource } from '../sources/source.ts';
import type { SessionStore } from '../store/sessionStore.ts';
import { OwnTranscripts } from './ownTranscripts.ts';

/** The `ref` of Lockstep's own sessions: `lockstep:<session id>`. */
const OWN = 'lockstep';

/** Where a transcript is kept: the id of a session of ours, or a source and a path in it. */
export type TranscriptPlace =
  | { readonly origin: 'own'; readonly id: string }
  | { readonly origin: 'source'; readonly source: SessionSource; readonly path: string };

/** Reads transcripts of any origin. Items come as their records make them: see {@link SessionSource.page}. */
export class TranscriptReader {
  readonly #own: OwnTranscripts;
  readonly #sources: readonly SessionSource[];

  constructor(store: SessionStore, sources: readonly SessionSource[]) {
    this.#own = new OwnTranscripts(store);
    this.#sources = sources;
  }

  /** @throws LockstepError SESSION_NOT_FOUND for a ref of no origin that is known */
  place(ref: string): TranscriptPlace {
    const colon = ref.indexOf(':');
    const origin = ref.slice(0, colon);
    const rest = ref.slice(colon + 1);
    if (origin === OWN) return { origin: 'own', id: rest };
    const source = this.#sources.find(({ kind }) => kind === origin);
    if (!source) throw sessionNotFound(ref);
    return { origin: 'source', source, path: rest };
  }

  /** @throws LockstepError SESSION_NOT_FOUND, and what reading the store or the source throws */
  async page(ref: string, query: PageQuery): Promise<TranscriptPage> {
    const place = this.place(ref);
    return place.origin === 'own' ? this.#own.page(place.id, query) : place.source.page(place.path, query);
  }
}
