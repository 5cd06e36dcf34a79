import { html, nothing } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';
import type { TranscriptItem } from '../../../../server/protocol/transcript.ts';
import type { DrawingTime } from '../drawingTime.ts';
import type { Folds } from '../folds.ts';
import { isLive, openTurnIndex, type TranscriptModel } from '../transcriptModel.ts';
import type { ViewContext } from '../viewContext.ts';
import { itemLabel } from './itemLabel.ts';
import { itemView } from './itemView.ts';

export interface ItemElementsOptions {
  readonly model: TranscriptModel;
  readonly context: ViewContext;
  readonly folds: Folds;
  readonly drawing: DrawingTime;
  /** Of the items that have to be in the page, ascending. */
  readonly indexes: readonly number[];
  /** The item that is marked. */
  readonly shownId: string | undefined;
}

/** The elements of the items that are in the page. One that did not change is skipped. */
export function itemElements(options: ItemElementsOptions): unknown {
  const { model, context, folds, drawing, indexes, shownId } = options;
  const { items } = model;
  const openTurn = isLive(model.header) ? openTurnIndex(items) : items.length;
  const inPage = indexes.flatMap((index): { item: TranscriptItem; index: number }[] => {
    const item = items[index];
    return item === undefined ? [] : [{ item, index }];
  });
  return repeat(
    inPage,
    ({ item }) => item.id,
    ({ item, index }) => {
      const { id } = item;
      const open = folds.openParts(id);
      const mayRun = model.atEnd && index >= openTurn;
      const kind = item.kind === 'message' && item.injected === true ? 'injected' : item.kind;
      const view = () => (drawing.allows(id) ? itemView({ ...context, id, open, mayRun }, item) : nothing);
      return html`<div
        class="item ${kind}${id === shownId ? ' shown' : ''}"
        role="article"
        aria-label=${itemLabel({ ...context, mayRun }, item)}
        aria-posinset=${index + 1}
        aria-setsize=${model.atStart && model.atEnd ? items.length : -1}
        data-id=${id}
        data-index=${index}
      >
        ${guard([context, item, open, mayRun, drawing.turnOf(id)], view)}
      </div>`;
    },
  );
}
