import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sessionsEvents } from '../../../server/protocol/sessionHistoryMethods.ts';
import { tempFolder } from '../../support/tempFolder.ts';
import { writeLines } from '../sources/files.ts';
import { GIF, PNG } from '../sources/pictureBytes.ts';
import { migrator } from './migrator.ts';

describe("another agent's session that is migrated", () => {
  it('says how many pictures its messages and tool results had, and how commands ended, without their places', async (t) => {
    const home = await tempFolder(t);
    const image = (data: string) => ({ type: 'image', source: { type: 'base64', data } });
    const result = (id: string, more: object) => ({ type: 'tool_result', tool_use_id: id, ...more });
    const user = (uuid: string, content: unknown) => ({ type: 'user', uuid, message: { content } });
    await writeLines(join(home, 'claude/projects/p/s.jsonl'), [
      user('a', [{ type: 'text', text: 'See' }, image(PNG), image(GIF)]),
      {
        type: 'assistant',
        uuid: 'b',
        message: { content: [{ type: 'tool_use', id: 't', name: 'Bash', input: { command: 'shot' } }] },
      },
      user('c', [
        result('t', { content: [{ type: 'text', text: 'Exit code 3' }, image(PNG)], is_error: true }),
      ]),
      user('d', [result('of another file', { content: [image(PNG)] })]),
    ]);
    const { plan, apply, sessions, call } = await migrator(t, home);
    const { items } = await plan({ path: 'claude-code:' });
    assert.deepEqual(items[0]?.losses, ['4 pictures are not taken over.']);
    await apply({ path: 'claude-code:' });
    const [session] = await sessions();
    const { events } = await call(sessionsEvents, { id: session?.id ?? '' });
    const metadata = events.map(({ data }) => data['metadata']);
    assert.deepEqual(metadata.slice(1, 4), [
      { itemId: 'a:0', images: 2 },
      { itemId: 'b:0', exitCode: 3, images: 1 },
      { itemId: 'd:0', images: 1 },
    ]);
    assert.doesNotMatch(JSON.stringify(events), /"position"|"index"/);
  });

  it('takes over how long a call lasted only where that was recorded', async (t) => {
    const home = await tempFolder(t);
    const at = (second: number) => `2026-09-01T12:00:0${second}.000Z`;
    const call1 = (id: string) => ({
      type: 'assistant',
      uuid: `call ${id}`,
      timestamp: at(0),
      message: { content: [{ type: 'tool_use', id, name: 'Bash', input: {} }] },
    });
    const answer = (id: string, more: object) => ({
      type: 'user',
      uuid: `result ${id}`,
      timestamp: at(7),
      message: { content: [{ type: 'tool_result', tool_use_id: id, content: 'done' }] },
      ...more,
    });
    await writeLines(join(home, 'claude/projects/p/s.jsonl'), [
      call1('a'),
      answer('a', {}),
      call1('b'),
      answer('b', { toolUseResult: { durationMs: 12 } }),
    ]);
    const { apply, sessions, call } = await migrator(t, home);
    await apply({ path: 'claude-code:' });
    const [session] = await sessions();
    const { events } = await call(sessionsEvents, { id: session?.id ?? '' });
    assert.deepEqual(
      events.filter(({ type }) => type === 'tool_call').map(({ data }) => data['durationMs']),
      [undefined, 12],
    );
  });
});
