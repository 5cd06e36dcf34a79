import type { Session } from '../../server/protocol/session.ts';
import { CallError } from './callError.ts';

/** Sessions that were asked for by id, and what the store says of those that no page has brought. */
export class WantedSessions {
  readonly #get: (id: string) => Promise<Session>;
  readonly #ids = new Set<string>();
  readonly #gone = new Set<string>();

  constructor(get: (id: string) => Promise<Session>) {
    this.#get = get;
  }

  /** Those that the store does not have any more. */
  get gone(): ReadonlySet<string> {
    return this.#gone;
  }

  /** Whether one of them was not asked for before. */
  add(ids: readonly string[]): boolean {
    const before = this.#ids.size;
    for (const id of ids) this.#ids.add(id);
    return this.#ids.size > before;
  }

  /** Forgets what the store has said. */
  forget(): void {
    this.#gone.clear();
  }

  /** Those that are not there, as far as the store has them. */
  async read(isThere: (id: string) => boolean): Promise<Session[]> {
    const ids = [...this.#ids].filter((id) => !isThere(id) && !this.#gone.has(id));
    const answers = await Promise.all(ids.map((id) => this.#read(id)));
    return answers.filter((session) => session !== undefined);
  }

  async #read(id: string): Promise<Session | undefined> {
    try {
      return await this.#get(id);
    } catch (error) {
      if (!(error instanceof CallError) || error.wire.code !== 'SESSION_NOT_FOUND') throw error;
      this.#gone.add(id);
      return undefined;
    }
  }
}
