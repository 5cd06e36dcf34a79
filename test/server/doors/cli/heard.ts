/** Waits for what a stream says. */
export function listener(stream: NodeJS.ReadableStream | null) {
  let said = '';
  const waiters = new Set<() => void>();
  stream?.setEncoding('utf8');
  stream?.on('data', (text: string) => {
    said += text;
    for (const look of waiters) look();
  });
  return {
    get said() {
      return said;
    },
    /** Until it has said this, in all that it has said since it was last asked. */
    until: async (words: RegExp): Promise<string> => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const look = () => {
        if (words.test(said)) resolve();
      };
      waiters.add(look);
      look();
      await promise;
      waiters.delete(look);
      const heard = said;
      said = '';
      return heard;
    },
  };
}
