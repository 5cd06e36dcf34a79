import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toWireError } from '../../../server/domain/errorCatalogue.ts';
import { sessionNotFound } from '../../../server/domain/errors.ts';
import { errorAsMarkdown, errorAsText } from '../../../server/protocol/errorText.ts';

const error = toWireError(sessionNotFound('abc'), 'request-1');

describe('an error in words', () => {
  it('is lines of text that say what, why and which call', () => {
    assert.equal(
      errorAsText(error),
      'Session not found: There is no session abc.\nIt was removed, it is in another store, or the id is not complete.\n(SESSION_NOT_FOUND, request request-1)',
    );
  });

  it('is markdown with all that a report needs', () => {
    const markdown = errorAsMarkdown(error);
    for (const part of ['### Session not found', '`SESSION_NOT_FOUND`', '`request-1`', '"id": "abc"']) {
      assert.ok(markdown.includes(part), part);
    }
  });
});
