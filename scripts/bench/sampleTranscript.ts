import { closeSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { outputText, proseText, randomFrom, thoughtText, type Random } from './sampleText.ts';

/** In every transcript once, in the middle of a tool's output. */
export const RARE_TEXT = 'quokka-4711';
/** In about every second record. */
export const COMMON_TEXT = 'checkout';

export interface SampleTranscript {
  readonly title: string;
  /** A UUID, which names the file as well. */
  readonly sessionId: string;
  /** The writing stops when one of them is reached. */
  readonly bytes?: number;
  readonly items?: number;
}

const FLUSH_CHARACTERS = 4 * 1024 * 1024;
const START = Date.UTC(2026, 2, 11, 9, 14);
const TOOLS = ['Bash', 'Read', 'Grep', 'Edit'] as const;

/** Writes a Claude Code transcript as its program would; the same one each time. A file that is there is kept. */
export function makeTranscript(path: string, transcript: SampleTranscript): { bytes: number } {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there !== undefined) return { bytes: there.size };
  mkdirSync(dirname(path), { recursive: true });
  // Under another name at first: half a file must not be kept for the next run.
  const unfinished = `${path}.unfinished`;
  const file = openSync(unfinished, 'w');
  let bytes = 0;
  try {
    const parts: string[] = [];
    let characters = 0;
    const flush = () => {
      bytes += writeSync(file, parts.join(''));
      parts.length = 0;
      characters = 0;
    };
    for (const line of transcriptLines(transcript, () => bytes + characters)) {
      parts.push(line, '\n');
      characters += line.length + 1;
      if (characters > FLUSH_CHARACTERS) flush();
    }
    flush();
  } finally {
    closeSync(file);
  }
  renameSync(unfinished, path);
  return { bytes };
}

/** One answer of the agent as a line, for a transcript that grows. */
export function answerLine(sessionId: string, number: number, text: string): string {
  return JSON.stringify({
    ...common(sessionId, 900_000_000 + number),
    type: 'assistant',
    message: assistant(900_000_000 + number, [{ type: 'text', text }]),
  });
}

function* transcriptLines(transcript: SampleTranscript, written: () => number): Generator<string> {
  const { title, sessionId, bytes = Infinity, items = Infinity } = transcript;
  const random = randomFrom(4711);
  let number = 0;
  let itemCount = 0;
  let isRareThere = false;
  const line = (fields: Record<string, unknown>) =>
    JSON.stringify({ ...common(sessionId, number++), ...fields });
  const says = (content: unknown) => line({ type: 'assistant', message: assistant(number, [content]) });

  yield JSON.stringify({ type: 'custom-title', customTitle: title, sessionId });
  while (written() < bytes && itemCount < items) {
    yield line({ type: 'user', message: { role: 'user', content: proseText(random, 1) } });
    itemCount++;
    for (let step = 3 + random.below(12); step > 0; step--) {
      yield says({ type: 'thinking', thinking: thoughtText(random), signature: 'EtwBCkYICRgCKkA1' });
      yield says({ type: 'text', text: proseText(random, 1 + random.below(4)) });
      const isRare: boolean = !isRareThere && (written() > bytes / 2 || itemCount > items / 2);
      isRareThere ||= isRare;
      const id = `toolu_${number.toString(36).padStart(20, '0')}`;
      yield says({ type: 'tool_use', id, ...toolUse(random) });
      const output = `${isRare ? `${RARE_TEXT}\n` : ''}${outputText(random)}`;
      yield line({
        type: 'user',
        message: {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: id, content: output, is_error: random.below(20) === 0 },
          ],
        },
      });
      itemCount += 3; // a call and its result are one
    }
    yield says({ type: 'text', text: proseText(random, 3) });
    itemCount++;
  }
}

function toolUse(random: Random): { name: string; input: object } {
  const name = random.oneOf(TOOLS);
  const file_path = `/home/dev/projects/shop/src/checkout/part${random.below(90)}.ts`;
  switch (name) {
    case 'Bash':
      return {
        name,
        input: { command: `npm test -- part${random.below(90)}`, description: 'Run the tests' },
      };
    case 'Read':
      return { name, input: { file_path } };
    case 'Grep':
      return { name, input: { pattern: 'discount', path: 'src', output_mode: 'content' } };
    case 'Edit':
      return {
        name,
        input: { file_path, old_string: proseText(random, 1), new_string: proseText(random, 1) },
      };
  }
}

function common(sessionId: string, number: number) {
  return {
    parentUuid: number === 0 ? null : uuidOf(number - 1),
    isSidechain: false,
    userType: 'external',
    cwd: '/home/dev/projects/shop',
    sessionId,
    version: '2.1.44',
    gitBranch: 'main',
    uuid: uuidOf(number),
    timestamp: new Date(START + number * 1000).toISOString(),
  };
}

function assistant(number: number, content: readonly unknown[]) {
  return {
    id: `msg_${number.toString(36).padStart(20, '0')}`,
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5-20250929',
    content,
    stop_reason: null,
    usage: { input_tokens: 11, cache_read_input_tokens: 14200, output_tokens: 90 },
  };
}

function uuidOf(number: number): string {
  return `5a3c1e00-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}
