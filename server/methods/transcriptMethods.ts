import { sessionNotFound } from '../domain/errors.ts';
import { itemFromEvent } from '../domain/transcriptItem.ts';
import { mergeItems, type TranscriptPage } from '../protocol/transcript.ts';
import { transcriptsPage } from '../protocol/transcriptMethods.ts';
import type { ParamsOf } from '../protocol/method.ts';
import type { SessionSource } from '../sources/source.ts';
import type { SessionStore } from '../store/sessionStore.ts';
import type { Registry } from './registry.ts';

type PageParams = ParamsOf<typeof transcriptsPage>;

/** The `ref` of Lockstep's own sessions: `lockstep:<session id>`. */
const OWN = 'lockstep';

export function registerTranscriptMethods(
  registry: Registry,
  store: SessionStore,
  sources: readonly SessionSource[],
): void {
  registry.register(transcriptsPage, (params) => {
    const colon = params.ref.indexOf(':');
    const origin = params.ref.slice(0, colon);
    const rest = params.ref.slice(colon + 1);
    if (origin === OWN) return ownPage(store, rest, params);
    const source = sources.find(({ kind }) => kind === origin);
    if (!source) throw sessionNotFound(params.ref);
    return source.page(rest, params);
  });
}

/** Positions are `seq`s. The history is append-only, so its generation is the session itself. */
async function ownPage(store: SessionStore, id: string, params: PageParams): Promise<TranscriptPage> {
  const newest = (await store.lastEvents(id, 1)).at(-1)?.seq ?? 0;
  const known = params.generation === undefined || params.generation === id;
  const from = known ? params.from : undefined;
  const before = Math.min((known ? params.before : undefined) ?? newest + 1, newest + 1);
  const start = Math.max(1, Math.min(from ?? before - params.limit, newest + 1));
  const limit = from === undefined ? Math.max(0, before - start) : params.limit;
  const { events } = limit === 0 ? { events: [] } : await store.events({ id, afterSeq: start - 1, limit });
  const end = (events.at(-1)?.seq ?? start - 1) + 1;
  let iteration = await store.countEvents(id, 'iteration', start);
  const items = events.map((event) => {
    if (event.type === 'iteration') iteration++;
    return itemFromEvent(event, iteration);
  });
  return {
    items: mergeItems(items),
    start,
    end,
    atStart: start <= 1,
    atEnd: end > newest,
    generation: id,
  };
}
