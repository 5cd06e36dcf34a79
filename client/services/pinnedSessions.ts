import type { Pins } from './pins.ts';
import { OWN_REF } from './sessionHeaders.ts';
import type { SessionModel } from './sessionModel.ts';
import type { SourceModel } from './sourceModel.ts';

/**
 * Sees to it that the models know the pinned sessions, however old, and takes away the pins of sessions that are proved
 * gone. One that was deleted can still come back from the trash: its pin stays until the store is asked for it anew.
 */
export class PinnedSessions {
  readonly #pins: Pins;
  readonly #sessions: SessionModel;
  readonly #sources: SourceModel;
  readonly #disposables: readonly { dispose(): void }[];

  constructor(pins: Pins, sessions: SessionModel, sources: SourceModel) {
    this.#pins = pins;
    this.#sessions = sessions;
    this.#sources = sources;
    const look = () => this.#look();
    this.#disposables = [pins.onDidChange(look), sessions.onDidChange(look), sources.onDidChange(look)];
    look();
  }

  dispose(): void {
    for (const disposable of this.#disposables) disposable.dispose();
  }

  #look(): void {
    const [own, theirs] = [new Map<string, string | undefined>(), new Set<string>()];
    for (const { ref, store } of this.#pins.all) {
      if (ref.startsWith(OWN_REF)) own.set(ref.slice(OWN_REF.length), store);
      else theirs.add(ref);
    }
    void this.#sessions.want([...own.keys()]);
    void this.#sources.want(theirs);
    const gone = [...own]
      .filter(([id, store]) => store === this.#sessions.store && this.#sessions.gone.has(id))
      .map(([id]) => OWN_REF + id);
    void this.#pins.remove([...gone, ...this.#sources.gone]);
  }
}
