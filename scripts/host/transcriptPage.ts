import { TRANSCRIPT } from './transcriptSelectors.ts';

/*
 * Runs in every frame of a window before the frame's own scripts, and watches; see transcriptProbe.ts, its other end.
 * It outlives the `document.write` by which VS Code puts the guest's page into its frame: that keeps the window.
 * Times are milliseconds since 1970, with fractions; durations are milliseconds.
 */

/** Of tasks, and of time between two frames. */
const LONG_MS = 50;

let clickedAt: number | undefined;
let scriptAt: number | undefined;
let answeredAt: number | undefined;
let paintedAt: number | undefined;
let longTasks: { duration: number; name: string }[] = [];
let gaps: number[] = [];
let isWatchingFrames = false;
const items = new Set<string>();
/** By the number in `Appended <number>:`. */
const appended = new Map<number, number>();

const since1970 = (time = performance.now()) => performance.timeOrigin + time;

window.addEventListener('click', ({ timeStamp }) => (clickedAt = since1970(timeStamp)), { capture: true });
new PerformanceObserver((list) => {
  for (const { duration, name } of list.getEntries()) longTasks.push({ duration, name });
}).observe({ type: 'longtask' });

const define = customElements.define.bind(customElements);
customElements.define = (name, ...rest) => {
  if (name === TRANSCRIPT.element) {
    scriptAt ??= since1970();
    // The page's writing forgot the listeners of before.
    window.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (hasItems(data)) answeredAt ??= since1970();
    });
    new MutationObserver((mutations) => {
      for (const { addedNodes } of mutations) addedNodes.forEach(see);
    }).observe(document, { childList: true, subtree: true });
  }
  define(name, ...rest);
};

/** Whether a message of the extension's is the first part of the transcript. */
function hasItems(message: unknown): boolean {
  if (typeof message !== 'object' || message === null || !('type' in message)) return false;
  return message.type === 'window' || (message.type === 'init' && 'loaded' in message);
}

function see(node: Node): void {
  if (!(node instanceof HTMLElement)) return;
  const id = node.dataset['id'];
  if (id === undefined || !node.matches(TRANSCRIPT.item)) {
    // What comes whole, as at the beginning.
    if (!node.matches(`${TRANSCRIPT.item} *`)) node.querySelectorAll(TRANSCRIPT.item).forEach(see);
    return;
  }
  items.add(id);
  const number = /Appended (\d+):/.exec(node.textContent)?.[1];
  if (paintedAt !== undefined && number === undefined) return;
  whenPainted((at) => {
    paintedAt ??= at;
    if (number !== undefined && !appended.has(Number(number))) appended.set(Number(number), at);
  });
}

/** A task of its own, asked for by a frame's callback, comes after the frame was painted. */
function whenPainted(tell: (at: number) => void): void {
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener('message', () => tell(since1970()));
    port1.start();
    port2.postMessage(undefined);
  });
}

/** From when it is asked for: frames without end take half a core of the two that all of this has. */
function watchFrames(): void {
  if (isWatchingFrames) return;
  isWatchingFrames = true;
  let last = performance.now();
  const onFrame = (time: number) => {
    if (time - last > LONG_MS) gaps.push(time - last);
    last = time;
    requestAnimationFrame(onFrame);
  };
  requestAnimationFrame(onFrame);
}

function part<E extends Element>(selector: string, type: new () => E): E {
  const element = document.querySelector(selector);
  if (!(element instanceof type)) throw new Error(`The page has no ${selector}`);
  return element;
}

/** What the other end calls. */
const lockstepProbe = {
  clickedAt: () => clickedAt,
  opening: () => (paintedAt === undefined ? undefined : { scriptAt, answeredAt, paintedAt }),
  smoothness: () => ({ longTasks, gaps, items: items.size }),
  appended: () => [...appended],
  forget() {
    longTasks = [];
    gaps = [];
    items.clear();
    watchFrames();
  },
  place() {
    const scroller = part(TRANSCRIPT.scroller, HTMLElement);
    return {
      fromTop: scroller.scrollTop,
      fromEnd: scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight,
      moreAtStart: scroller.querySelector(TRANSCRIPT.moreAtStart) !== null,
      moreAtEnd: scroller.querySelector(TRANSCRIPT.moreAtEnd) !== null,
    };
  },
  async find(text: string) {
    const input = part(TRANSCRIPT.findInput, HTMLInputElement);
    const begun = performance.now();
    const found = new Promise<void>((resolve) => {
      const observer = new MutationObserver(() => {
        if (!part(TRANSCRIPT.findProgress, HTMLProgressElement).hidden) return;
        observer.disconnect();
        requestAnimationFrame(() => resolve());
      });
      observer.observe(document, { subtree: true, attributeFilter: ['hidden'] });
    });
    input.value = text;
    input.dispatchEvent(new Event('input', { bubbles: true }));
    await found;
    const took = performance.now() - begun;
    return { took, said: part(TRANSCRIPT.findCount, HTMLElement).textContent.trim() };
  },
};
Object.assign(window, { lockstepProbe });
