import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { linePositions } from '../../../../server/workflows/format/linePositions.ts';

describe('the lines of a text', () => {
  test('are those of an editor, wherever and however they end', () => {
    const text = fc.array(fc.constantFrom('a', '\n', '\r', '\r\n', '🚀')).map((all) => all.join(''));
    fc.assert(
      fc.property(text, fc.nat(30), (written, offset) => {
        const expected = TextDocument.create('file:///x', 'x', 1, written).positionAt(offset);
        // An editor has no place between the two ends of one line.
        if (written.slice(offset - 1, offset + 1) === '\r\n') return;
        assert.deepEqual(linePositions(written)(offset), expected);
      }),
    );
  });
});
