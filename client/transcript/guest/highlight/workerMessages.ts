import type { Grammar } from '../../languages.ts';

/** A run of text and the index of its token class. All runs of a text, one after another, are that text. */
export type Token = readonly [text: string, tokenClass: number];

export interface HighlightRequest {
  readonly id: number;
  readonly grammar: Grammar;
  readonly code: string;
}

/** Worker -> guest. `began` comes when the grammar is loaded: from then on an answer is a matter of the code alone. */
export type WorkerMessage =
  | { readonly type: 'ready' }
  | { readonly type: 'began'; readonly id: number }
  | { readonly type: 'done'; readonly id: number; readonly tokens: readonly Token[] }
  | { readonly type: 'failed'; readonly id: number };
