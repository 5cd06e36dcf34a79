import { openForReading, type OpenFile } from '../../../../server/sources/jsonl/readableFile.ts';

/** Counts the bytes that are read of each file, and the files that are open at once. */
export function countingOpen() {
  const bytes = new Map<string, number>();
  const opened: string[] = [];
  let now = 0;
  let most = 0;
  const open: OpenFile = async (path) => {
    opened.push(path);
    now += 1;
    most = Math.max(most, now);
    const file = await openForReading(path);
    return {
      async read(buffer, offset, length, position) {
        const result = await file.read(buffer, offset, length, position);
        bytes.set(path, (bytes.get(path) ?? 0) + result.bytesRead);
        return result;
      },
      stat: () => file.stat(),
      async close() {
        now -= 1;
        await file.close();
      },
    };
  };
  return { open, bytes, opened, mostAtOnce: () => most };
}
