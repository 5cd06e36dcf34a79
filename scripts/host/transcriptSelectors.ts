/** All that looking at a transcript from outside knows of its page. */
export const TRANSCRIPT = {
  element: 'lockstep-transcript',
  scroller: '.scroller',
  item: '.item[data-id]',
  /** There while records follow in that direction that are not held, or are being loaded. */
  moreAtStart: '.older:has(~ .items)',
  moreAtEnd: '.items ~ .older',
  findInput: '.find-input',
  findCount: '.find-count',
  findProgress: '.find-progress',
} as const;
