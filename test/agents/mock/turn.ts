/** What a model does when it is asked. */
export type Turn =
  | {
      readonly kind: 'say';
      readonly text: string;
      /** The model reached its limit of an answer's length. */
      readonly isCut?: boolean;
    }
  | { readonly kind: 'call'; readonly text: string; readonly tool: string; readonly input: object }
  | { readonly kind: 'fail'; readonly status: number; readonly message: string }
  /** No answer ever comes. */
  | { readonly kind: 'wait' };

/** What a model was asked, whatever the dialect. */
export interface Question {
  readonly model: string;
  /** The last that the person said. */
  readonly prompt: string;
  /** Whether what a tool gave is the last of what is told. */
  readonly hasResult: boolean;
  readonly tools: readonly string[];
}

/** What each turn is said to have taken, in tokens. */
export const USED = { input: 90, cacheRead: 10, output: 20 } as const;
