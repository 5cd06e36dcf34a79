import { cp, mkdir, rm } from 'node:fs/promises';
import { build, context } from 'esbuild';
import { guestBundles } from './scripts/guestBundles.ts';

const production = process.argv.includes('--production');
const watch = process.argv.includes('--watch');

const shared = {
  bundle: true,
  outdir: 'dist',
  sourcemap: production ? false : 'linked',
  minify: production,
  logLevel: 'warning',
};
const node = { ...shared, platform: 'node', target: 'node24' };

/** Keeps the language client, most of the client's code, out of what VS Code loads to activate the extension. */
const languageClientApart = {
  name: 'language-client-apart',
  setup({ onResolve }) {
    onResolve({ filter: /\/languageClient\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './languageClient.cjs', external: true } : undefined,
    );
  },
};

const bundles = [
  // VS Code loads extensions through require, and gives `vscode` to nothing else: so no import() in these.
  {
    ...node,
    entryPoints: { extension: 'client/extension.ts', languageClient: 'client/services/languageClient.ts' },
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    external: ['vscode'],
    supported: { 'dynamic-import': false },
    plugins: [languageClientApart],
  },
  {
    ...node,
    entryPoints: { server: 'server/main.ts', cli: 'server/cli.ts', supervisor: 'server/supervisor.ts' },
    format: 'esm',
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    // The language server libraries are CommonJS and require Node's own modules.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  },
  ...guestBundles.map((bundle) => ({ ...shared, ...bundle })),
];

await rm('dist', { recursive: true, force: true });
await mkdir('dist', { recursive: true });
await cp('node_modules/@vscode/codicons/dist/codicon.css', 'dist/codicon.css');
await cp('node_modules/@vscode/codicons/dist/codicon.ttf', 'dist/codicon.ttf');

if (watch) {
  for (const bundle of bundles) await (await context(bundle)).watch();
} else {
  await Promise.all(bundles.map((bundle) => build(bundle)));
}
