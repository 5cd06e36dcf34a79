import * as z from 'zod';
import type { HeaderAction } from '../transcript/header.ts';

/** A title is a text; one that VS Code has translated comes with the original beside it. */
const title = z.union([z.string(), z.looseObject({ value: z.string() }).transform(({ value }) => value)]);
const manifest = z.looseObject({
  contributes: z.looseObject({
    commands: z.array(z.looseObject({ command: z.string(), title, icon: z.string().optional() })),
  }),
});

/** The commands of the extension's manifest by id, with the words and icons that its menus have. */
export function commandLabels(packageJson: unknown): ReadonlyMap<string, HeaderAction> {
  const { commands } = manifest.parse(packageJson).contributes;
  return new Map(
    commands.map(({ command, title, icon }) => [
      command,
      { command, title, icon: /^\$\(([a-z-]+)\)$/.exec(icon ?? '')?.[1] ?? 'circle-small' },
    ]),
  );
}
