import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { globSync } from 'node:fs';
import { getL10nJson } from '@vscode/l10n-dev';
import { actionLabels } from '../server/domain/errorActions.ts';
import { errorCatalogue } from '../server/domain/errorCatalogue.ts';

const BUNDLE = new URL('../media/l10n/bundle.l10n.json', import.meta.url);
const ROOT = new URL('../', import.meta.url);

/** Every text that translators get: the client's `l10n.t` calls, and the static words of the server's errors. */
export async function collectTexts(): Promise<string> {
  const files = globSync('client/**/*.ts', { cwd: ROOT }).sort();
  const scripts = await Promise.all(
    files.map(async (path) => ({
      extension: '.ts' as const,
      contents: await readFile(new URL(path, ROOT), 'utf8'),
    })),
  );
  const bundle = new Map(Object.entries(await getL10nJson(scripts)));
  for (const { title, explanation } of Object.values(errorCatalogue)) {
    for (const text of [title, explanation]) bundle.set(text, text);
  }
  for (const label of Object.values(actionLabels)) bundle.set(label, label);
  const texts = [...bundle].sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify(Object.fromEntries(texts), null, 2)}\n`;
}

export function recordedTexts(): Promise<string> {
  return readFile(BUNDLE, 'utf8');
}

if (import.meta.main) {
  await mkdir(new URL('.', BUNDLE), { recursive: true });
  await writeFile(BUNDLE, await collectTexts());
}
