/** The longest that a timer of Node can be set to. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Calls back once, after any time; a timer of Node that is set to more than 24.8 days rings at once. Gives what stops it. */
export function afterMs(ms: number, callBack: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wind = (left: number) => {
    timer = setTimeout(
      () => (left > MAX_TIMER_MS ? wind(left - MAX_TIMER_MS) : callBack()),
      Math.min(left, MAX_TIMER_MS),
    );
  };
  wind(ms);
  return () => clearTimeout(timer);
}
