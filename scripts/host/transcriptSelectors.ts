/** All that looking at a transcript from outside knows of its page. */
export const TRANSCRIPT = {
  element: 'lockstep-transcript',
  scroller: '.scroller',
  item: '.item[data-id]',
  older: '.older',
  findInput: '.find-input',
  findCount: '.find-count',
  findProgress: '.find-progress',
} as const;
