import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sessionsStart } from '../../../server/protocol/sessionLifecycleMethods.ts';
import { transcriptsImage, transcriptsPage } from '../../../server/protocol/transcriptMethods.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { writeLines } from '../sources/files.ts';
import { PNG, SVG } from '../sources/pictureBytes.ts';
import { caller } from './caller.ts';

describe('transcripts.image', () => {
  it('gives the pictures that a page names, and refuses what is none with what to do', async (t) => {
    const home = await tempFolder(t);
    const image = (data: string) => ({ type: 'image', source: { type: 'base64', data } });
    const remote = { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } };
    const content = [{ type: 'text', text: 'Look' }, image(PNG), image(SVG), remote];
    await writeLines(join(home, 'claude/projects/p/s.jsonl'), [
      { type: 'user', uuid: 'u', message: { role: 'user', content } },
    ]);
    const call = await caller(t, home);
    const ref = 'claude-code:p/s.jsonl';
    const { items, generation } = await call(transcriptsPage, { ref });
    const places = items.flatMap((item) => (item.kind === 'message' ? (item.images ?? []) : []));
    assert.equal(places.length, 3);
    const [png, svg, elsewhere] = places.map((place) => ({ ref, ...place, generation }));
    assert.ok(png && svg && elsewhere);
    assert.deepEqual(await call(transcriptsImage, png), { mediaType: 'image/png', data: PNG });
    await assert.rejects(call(transcriptsImage, svg), {
      code: 'IMAGE_REFUSED',
      title: 'Picture cannot be shown',
      message: /neither PNG.*Open the session's file/,
    });
    await assert.rejects(call(transcriptsImage, elsewhere), {
      code: 'IMAGE_REFUSED',
      message: /never loaded from elsewhere/,
    });
    await assert.rejects(call(transcriptsImage, { ...png, generation: 'another' }), {
      code: 'INVALID_PARAMS',
      message: /Read the page again/,
    });
  });

  it('says that sessions of Lockstep have no pictures, and that others are not there', async (t) => {
    const call = await caller(t);
    const { id } = await call(sessionsStart, { task: 'Draw', mode: 'writer' });
    const place = { position: 1, index: 0 };
    await assert.rejects(call(transcriptsImage, { ref: `lockstep:${id}`, ...place }), {
      code: 'INVALID_PARAMS',
      message: /sessions of Lockstep have none/,
    });
    for (const ref of ['claude-code:p/none.jsonl', 'nobody:x'])
      await assert.rejects(call(transcriptsImage, { ref, ...place }), { code: 'SESSION_NOT_FOUND' });
  });
});
