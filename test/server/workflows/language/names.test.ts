import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { definitions } from '../../../../server/workflows/language/definition.ts';
import { references } from '../../../../server/workflows/language/references.ts';
import { rename, renameRange } from '../../../../server/workflows/language/rename.ts';
import { parseWorkflow } from '../../../../server/workflows/format/workflowDocument.ts';
import { edited, marked, shown } from './marked.ts';

const FILE = `agent: codex
inputs: { suite: unit }
steps:
  - id: build
    prompt: Do \${inputs.suite}, not $\${inputs.suite}.
  - id: test
    needs: [build]
    prompt: |
      See \${steps.build.output}
  - id: "review"
    needs:
      - 'build'
      - test
    prompt: "\${steps.build.output} \${steps.test.output}"
`;
const at = (before: string, file = FILE) => {
  const found = file.indexOf(before);
  assert.notEqual(found, -1);
  return marked(`${file.slice(0, found + before.length)}‸${file.slice(found + before.length)}`);
};

describe('the name of a step', () => {
  for (const before of ['- id: bu', 'needs: [', "- 'build", 'See ${steps.', '"${steps.build']) {
    it(`leads from ${JSON.stringify(before)} to where it is defined`, () => {
      const { text, parsed, offset } = at(before);
      assert.deepEqual(
        definitions(parsed, text, offset).map(({ range }) => shown(text, range)),
        ['3:8-3:13 build'],
      );
    });
  }

  it('is found wherever it is used, in the order of the file', () => {
    const { text, parsed, offset } = at('- id: build');
    const found = (includeDeclaration: boolean) =>
      references(parsed, text, offset, { includeDeclaration }).map(({ range }) => shown(text, range));
    const uses = ['6:12-6:17 build', '8:18-8:23 build', '11:9-11:14 build', '13:21-13:26 build'];
    assert.deepEqual(found(false), uses);
    assert.deepEqual(found(true), ['3:8-3:13 build', ...uses]);
  });

  it('is renamed everywhere, in quotes or not, and nothing else is', () => {
    const { text, parsed, offset } = at('needs: [b');
    const renamed = rename(parsed, text, offset, 'make-it');
    assert.ok('edits' in renamed);
    assert.equal(
      edited(text, renamed.edits),
      FILE.replaceAll('id: build', 'id: make-it')
        .replaceAll('[build]', '[make-it]')
        .replaceAll("'build'", "'make-it'")
        .replaceAll('steps.build', 'steps.make-it'),
    );
    assert.deepEqual(renameRange(parsed, text, offset)?.placeholder, 'build');
  });

  it('is put in quotes where YAML would read something else', () => {
    const { text, parsed, offset } = at('needs: [b');
    const renamed = rename(parsed, text, offset, 'true');
    assert.ok('edits' in renamed);
    const after = edited(text, renamed.edits);
    assert.match(after, /id: "true"\n/);
    assert.match(after, /- 'true'\n/);
    assert.match(after, /\$\{steps\.true\.output\}/);
  });

  for (const [name, refusal] of [
    ['test', 'There is a step test already.'],
    ['a b', '"a b" is no name: it must be a letter or _, then at most 63 letters, digits, _ or -.'],
    ['', '"" is no name: it must be a letter or _, then at most 63 letters, digits, _ or -.'],
  ] as const) {
    it(`is not renamed to ${JSON.stringify(name)}, and it is said why`, () => {
      const { text, parsed, offset } = at('needs: [b');
      assert.deepEqual(rename(parsed, text, offset, name), { refusal });
    });
  }

  it('is the only thing that is renamed, with the names of inputs', () => {
    const other = at('agent: cod');
    assert.equal(renameRange(other.parsed, other.text, other.offset), undefined);
    assert.deepEqual(rename(other.parsed, other.text, other.offset, 'x'), {
      refusal: 'Only steps and inputs can be renamed: put the cursor on the name of one.',
    });
    const { text, parsed, offset } = at('inputs: { su');
    const renamed = rename(parsed, text, offset, 'kind');
    assert.ok('edits' in renamed);
    assert.equal(
      edited(text, renamed.edits),
      FILE.replace('{ suite:', '{ kind:').replace('Do ${inputs.suite}', 'Do ${inputs.kind}'),
    );
  });

  it('is renamed where it is not written letter by letter, and the text there stays the same', () => {
    const file =
      'agent: a\nsteps:\n  - id: >-\n      build\n    prompt: p\n  - id: "t\\x65st"\n    needs: ["bu\\x69ld"]\n    prompt: "\\x24{steps.build.output}, $${steps.build.output}\\n"\n    until: test $A ${steps.build.output}\n    env: { A: "${steps.build.output}" }\n';
    const { text, parsed, offset } = at('test $A ${steps.b', file);
    const renamed = rename(parsed, text, offset, 'make');
    assert.ok('edits' in renamed);
    const { file: after } = parseWorkflow(edited(text, renamed.edits));
    assert.deepEqual(after?.steps, [
      { ...after?.steps[0], id: 'make' },
      {
        ...after?.steps[1],
        id: 'test',
        needs: ['make'],
        prompt: '${steps.make.output}, $${steps.build.output}\n',
        until: 'test $A ${steps.make.output}',
        env: { A: '${steps.make.output}' },
      },
    ]);
  });

  it('is found in a file that does not parse', () => {
    const { text, parsed, offset } = at('needs: [b', `${FILE}    "\n`);
    assert.ok(parsed.problems.length > 0);
    assert.equal(definitions(parsed, text, offset).length, 1);
  });

  it('in Unicode text stands where the editor counts it', () => {
    const file =
      'steps:\n  - { id: a, prompt: x }\n  - { id: b, needs: [a], prompt: "🚀🚀 ${steps.a.output}" }\n';
    const { text, parsed, offset } = at('{ id: a', file);
    assert.deepEqual(
      references(parsed, text, offset, { includeDeclaration: false }).map(({ range }) => shown(text, range)),
      ['2:21-2:22 a', '2:47-2:48 a'],
    );
  });
});
