import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { LockstepError } from '../../../server/domain/errors.ts';
import { MAX_PICTURE_BYTES, pictureOf } from '../../../server/sources/picture.ts';
import { base64, GIF, JPEG, PNG, SVG, WEBP } from './pictureBytes.ts';

/** What a person reads of a picture that is refused. */
function refusal(block: unknown): string {
  try {
    pictureOf(block);
  } catch (error) {
    assert.ok(error instanceof LockstepError && error.code === 'IMAGE_REFUSED', String(error));
    return error.message;
  }
  assert.fail('it was not refused');
}

describe('a picture of a transcript', () => {
  test('is read in every form in which the agents write it', () => {
    for (const block of [
      { type: 'image', data: PNG, mimeType: 'image/png' },
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
      { type: 'image', source: { type: 'url', url: `data:image/png;base64,${PNG}` } },
      { type: 'image', url: `DATA:image/png;charset=x;BASE64,${PNG}` },
      { type: 'image', data: PNG.replace(/(.{7})/g, '$1\r\n') },
      { type: 'image', data: '', source: { type: 'base64', data: PNG } },
      { type: 'image', data: PNG.replace(/=+$/, '') },
    ])
      assert.deepEqual(pictureOf(block), { mediaType: 'image/png', data: PNG });
  });

  test('has the type that its bytes have, whatever the transcript says', () => {
    const types = [PNG, JPEG, GIF, WEBP].map(
      (data) => pictureOf({ type: 'image', data, mimeType: 'image/svg+xml' }).mediaType,
    );
    assert.deepEqual(types, ['image/png', 'image/jpeg', 'image/gif', 'image/webp']);
  });

  test('is refused where its bytes are another format that claims to be a picture', () => {
    for (const bytes of ['<!DOCTYPE html><script>', 'BM bitmap', '%PDF-1.7', 'RIFF\0\0\0\0WAVEfmt ', 'PNG'])
      assert.match(
        refusal({ data: base64(bytes), mimeType: 'image/png' }),
        /neither PNG, JPEG, GIF nor WebP/,
      );
    assert.match(refusal({ data: SVG, mimeType: 'image/png' }), /neither PNG/);
    assert.match(refusal({ url: `data:image/png;base64,${SVG}` }), /neither PNG/);
  });

  test('is never loaded from elsewhere', () => {
    for (const url of ['https://example.com/a.png', 'http://127.0.0.1:1/', 'file:///etc/passwd', ' blob:x'])
      assert.match(refusal({ type: 'image', source: { type: 'url', url } }), /never loaded from elsewhere/);
  });

  test('is refused where it is not in base64, or not there', () => {
    for (const data of [
      PNG.slice(0, 9),
      `${PNG}!===`,
      `iVBOR_-w${PNG}`,
      `${PNG.slice(0, 8)}=${PNG.slice(9)}`,
    ])
      assert.match(refusal({ data }), /damaged: it is not in base64/);
    assert.match(refusal({ url: 'data:image/svg+xml,<svg/>' }), /not in base64/);
    assert.match(refusal({ url: 'data:image/png;base64' }), /not in base64/);
    for (const block of [
      {},
      { data: '' },
      { source: { type: 'file', file_id: 'f' } },
      { data: 7 },
      null,
      'x',
    ])
      assert.match(refusal(block), /holds none/);
  });

  test('may have 6 MiB, which is what a line can hold, and one that has more says how many', () => {
    const bytes = Buffer.alloc(MAX_PICTURE_BYTES + 1, PNG, 'base64');
    const data = bytes.subarray(0, MAX_PICTURE_BYTES).toString('base64');
    assert.equal(pictureOf({ data }).data, data);
    assert.match(refusal({ data: bytes.toString('base64') }), /has 6 MiB; up to 6 MiB are shown/);
    const more = Buffer.alloc(12 * 1024 * 1024, PNG, 'base64').toString('base64');
    assert.match(refusal({ data: more }), /has 12 MiB; up to 6 MiB are shown\. Open the session's file/);
  });

  test('is given or refused, whatever stands there', () => {
    const word = fc.oneof(
      fc.string(),
      fc.constantFrom(PNG, SVG, 'data:', 'data:,', ';base64,', 'https://x/'),
    );
    const text = fc.array(word, { maxLength: 4 }).map((words) => words.join(''));
    const source = fc.oneof(fc.anything(), fc.record({ data: text, url: text }, { requiredKeys: [] }));
    const block = fc.oneof(fc.anything(), fc.record({ data: text, url: text, source }, { requiredKeys: [] }));
    fc.assert(
      fc.property(block, (value) => {
        try {
          const { data } = pictureOf(value);
          assert.equal(Buffer.from(data, 'base64').toString('base64').length, data.length);
        } catch (error) {
          assert.ok(error instanceof LockstepError && error.code === 'IMAGE_REFUSED', String(error));
        }
      }),
    );
  });
});
