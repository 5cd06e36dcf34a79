import { registerHooks } from 'node:module';
import type { TranscriptStrings } from '../../client/transcript/strings.ts';

/** The texts as they are in the source. Stands in for `vscode.l10n.t` in English: there is no VS Code here. */
export async function englishStrings(): Promise<TranscriptStrings> {
  const stub = 'data:text/javascript,export const l10n = { t: (text) => text };';
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'vscode' ? { url: stub, shortCircuit: true } : next(specifier, context),
  });
  const { localizedStrings } = await import('../../client/transcript/localizedStrings.ts');
  hooks.deregister();
  return localizedStrings();
}
