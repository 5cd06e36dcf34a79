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
  const isKnown = params.generation === undefined || params.generation === id;
  const from = isKnown && params.from !== undefined ? clamp(params.from, 1, newest + 1) : undefined;
  const before = clamp((isKnown ? params.before : undefined) ?? newest + 1, 1, newest + 1);
  const events =
    from === undefined
      ? await store.lastEvents(id, params.limit, { before })
      : (await store.events({ id, afterSeq: from - 1, limit: params.limit })).events;
  const start = events[0]?.seq ?? from ?? before;
  const end = from === undefined ? before : (events.at(-1)?.seq ?? from - 1) + 1;
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

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
