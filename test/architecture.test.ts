import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { violations } from './support/houseRules.ts';
import { sourceFiles } from './support/sourceFiles.ts';

describe('the house', () => {
  it('keeps its rules: arrows one way, no cycles, no barrels, no VS Code in the server', () => {
    assert.deepEqual(violations(sourceFiles('server', 'client', 'scripts', 'test')), []);
  });

  it('would not let any rule be broken', () => {
    const file = (path: string, text: string) => ({ path, text });
    for (const [files, words] of [
      [[file('server/domain/a.ts', "import { x } from '../store/b.ts';")], /domain may import/],
      [[file('server/store/a.ts', "import type { x } from '../sources/b.ts';")], /store may import/],
      [[file('server/doors/a.ts', "import {\n  x,\n} from '../domain/b.ts';")], /doors may import/],
      [[file('server/domain/a.ts', "import { x } from '../server.ts';")], /entry points/],
      [[file('server/store/a.ts', "import * as vscode from 'vscode';")], /no VS Code/],
      [[file('server/store/a.ts', "const x = await import('vscode');")], /no VS Code/],
      [[file('server/store/a.ts', "import { x } from '../../client/ids.ts';")], /does not import the client/],
      [[file('client/a.ts', "import { x } from '../server/domain/b.ts';")], /nothing else of the server/],
      [
        [file('client/views/a.ts', "import { x } from '../transcript/guest/b.ts';")],
        /the guest runs in a page of its own/,
      ],
      [[file('client/a.ts', "import '../test/b.ts';")], /nothing imports test/],
      [[file('server/domain/a.ts', "export { x } from './b.ts';")], /no barrels/],
      [[file('client/a.ts', "export * from './b.ts';")], /no barrels/],
      [[file('server/loose.ts', '')], /stands in no room/],
      [[file('server/attic/a.ts', '')], /not on the plan/],
      [
        [
          file('client/a.ts', "import { b } from './b.ts';"),
          file('client/b.ts', "import { a } from './a.ts';"),
        ],
        /a cycle: client\/a\.ts -> client\/b\.ts -> client\/a\.ts/,
      ],
    ] as const) {
      assert.match(violations(files).join('\n'), words, JSON.stringify(files));
    }
  });

  it('lets pass what the rules allow', () => {
    assert.deepEqual(
      violations([
        { path: 'server/store/a.ts', text: "import { x } from '../domain/b.ts';\nimport z from 'zod';" },
        {
          path: 'server/main.ts',
          text: "import { x } from './doors/lsp.ts';\nimport { y } from './store/a.ts';",
        },
        {
          path: 'client/a.ts',
          text: "import { x } from '../server/protocol/b.ts';\nimport * as v from 'vscode';",
        },
        { path: 'client/transcript/guest/a.ts', text: "import { x } from './b.ts';\nimport '../c.ts';" },
      ]),
      [],
    );
  });
});
