import { Tokenizer } from './tokenizer.ts';
import type { HighlightRequest, WorkerMessage } from './workerMessages.ts';

const tokenizer = new Tokenizer();

function post(message: WorkerMessage): void {
  globalThis.postMessage(message);
}

async function answer({ id, grammar, code }: HighlightRequest): Promise<void> {
  try {
    await tokenizer.load(grammar);
    post({ type: 'began', id });
    post({ type: 'done', id, tokens: await tokenizer.tokens(grammar, code) });
  } catch {
    // The code stays as it is.
    post({ type: 'failed', id });
  }
}

globalThis.addEventListener('message', ({ data }: MessageEvent<HighlightRequest>) => void answer(data));
post({ type: 'ready' });
