import { nextTurn, previousTurn } from './turns.ts';

export interface ListKeyActions {
  readonly goToStart: () => void;
  readonly goToEnd: () => void;
  readonly goToTurn: (turnFrom: typeof nextTurn) => void;
}

/** The keys by which the reader goes from place to place; those that scroll are the browser's own. */
export function acceptsListKey(event: KeyboardEvent, actions: ListKeyActions): boolean {
  const { key, altKey, metaKey, shiftKey } = event;
  if (metaKey || shiftKey) return false;
  if (altKey && key === 'ArrowUp') actions.goToTurn(previousTurn);
  else if (altKey && key === 'ArrowDown') actions.goToTurn(nextTurn);
  else if (altKey) return false;
  else if (key === 'Home') actions.goToStart();
  else if (key === 'End') actions.goToEnd();
  else return false;
  return true;
}
