import type { OutputFormat } from '../agentSettings.ts';
import { ClaudeDialect } from './claudeStream.ts';
import { CodexDialect } from './codexStream.ts';
import { GeminiDialect } from './geminiStream.ts';
import { JsonDialectStream } from './jsonDialect.ts';
import { JsonlStream } from './jsonlStream.ts';
import { OpencodeDialect } from './opencodeStream.ts';
import { PiDialect } from './piStream.ts';
import type { StreamReader } from './streamReader.ts';
import { TextStream } from './textStream.ts';

/** Makes a reader for each kind of output that an agent's setting can name. */
export const STREAM_READERS: Readonly<Record<OutputFormat, () => StreamReader>> = {
  text: () => new TextStream(),
  jsonl: () => new JsonlStream(),
  claude: () => new JsonDialectStream(new ClaudeDialect()),
  codex: () => new JsonDialectStream(new CodexDialect()),
  gemini: () => new JsonDialectStream(new GeminiDialect()),
  pi: () => new JsonDialectStream(new PiDialect()),
  opencode: () => new JsonDialectStream(new OpencodeDialect()),
};
