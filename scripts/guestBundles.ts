import { fileURLToPath } from 'node:url';
import type { BuildOptions, Plugin } from 'esbuild';
import { build } from 'esbuild';

const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const browser = { bundle: true, platform: 'browser', target: 'es2024', format: 'iife' } as const;

/** A script that holds the source of the worker that colours code: a page may only make workers of such a text. */
const highlightWorkerSource: Plugin = {
  name: 'highlight-worker-source',
  setup(plugin) {
    const namespace = 'highlight-worker-source';
    plugin.onResolve({ filter: /^highlight-worker-source$/ }, ({ path }) => ({ path, namespace }));
    plugin.onLoad({ filter: /./, namespace }, async () => {
      const { outputFiles, metafile } = await build({
        ...browser,
        entryPoints: [path('client/transcript/guest/highlight/highlightWorker.ts')],
        absWorkingDir: path(''),
        minify: true,
        write: false,
        metafile: true,
        logLevel: 'silent',
      });
      const source = outputFiles[0]?.text ?? '';
      return {
        contents: `globalThis.lockstepHighlightWorker = ${JSON.stringify(source)};`,
        watchFiles: Object.keys(metafile.inputs).map((input) => path(input)),
      };
    });
  },
};

/** What the transcript's page is made of: its script, the script with the worker's source, and the stylesheet. */
export const guestBundles: readonly BuildOptions[] = [
  { ...browser, entryPoints: { transcript: path('client/transcript/guest/main.ts') } },
  {
    ...browser,
    entryPoints: { transcriptHighlighter: 'highlight-worker-source' },
    plugins: [highlightWorkerSource],
    // A map of a text is of no use.
    sourcemap: false,
  },
  { bundle: true, entryPoints: { transcript: path('media/transcript/transcript.css') }, sourcemap: false },
];
