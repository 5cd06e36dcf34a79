import type { HighlightWorker } from './highlighter.ts';
import type { WorkerMessage } from './workerMessages.ts';

/** Put there by the script that carries the worker's source. */
declare global {
  var lockstepHighlightWorker: string | undefined;
}

/**
 * Starts the worker from its source, a script of its own that is loaded when code is first seen: the grammars are many
 * times larger than all the rest. A page of VS Code may make workers of `blob:` addresses only.
 */
export async function startHighlightWorker(): Promise<HighlightWorker> {
  if (globalThis.lockstepHighlightWorker === undefined) await loadSource();
  const source = new Blob([globalThis.lockstepHighlightWorker ?? ''], { type: 'text/javascript' });
  const url = URL.createObjectURL(source);
  const worker = new Worker(url);
  // The worker has the address when it says the first word.
  worker.addEventListener('message', () => URL.revokeObjectURL(url), { once: true });
  return {
    postMessage: (request) => worker.postMessage(request),
    terminate: () => worker.terminate(),
    listen: (onMessage, onError) => {
      worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => onMessage(data);
      worker.onerror = onError;
    },
  };
}

/** From beside the guest's own script, by whose nonce the page's policy allows it. */
async function loadSource(): Promise<void> {
  const own = document.querySelector<HTMLScriptElement>('script[src][nonce]');
  if (own === null) throw new Error('The page has no script with a nonce');
  const script = document.createElement('script');
  script.nonce = own.nonce;
  script.src = new URL('transcriptHighlighter.js', own.src).href;
  await new Promise<void>((resolve, reject) => {
    script.addEventListener('load', () => resolve());
    script.addEventListener('error', () => reject(new Error(`${script.src} was not loaded`)));
    document.head.append(script);
  });
  script.remove();
}
