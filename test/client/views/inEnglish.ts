import { registerHooks } from 'node:module';

const STUB = `
  export const env = { language: 'en' };
  export class FileSystemError extends Error {}
  export const l10n = {
    t: (text, ...values) => text.replaceAll(/\\{(\\d+)\\}/g, (_, at) => String(values[Number(at)])),
  };
`;

/** Loads modules of the client that take their words from VS Code, of which there is none here: as they are in English. */
export async function inEnglish<T>(load: () => Promise<T>): Promise<T> {
  const stub = `data:text/javascript,${encodeURIComponent(STUB)}`;
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'vscode' ? { url: stub, shortCircuit: true } : next(specifier, context),
  });
  try {
    return await load();
  } finally {
    hooks.deregister();
  }
}
