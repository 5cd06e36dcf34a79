import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type * as z from 'zod';
import { makeDemo, type Demo } from '../scripts/demo.ts';
import type { Method } from '../server/protocol/method.ts';
import { sessionsFind } from '../server/protocol/sessionQueryMethods.ts';
import { sourcesSessions } from '../server/protocol/sourceMethods.ts';
import type { TranscriptItem } from '../server/protocol/transcript.ts';
import { transcriptsImage, transcriptsPage } from '../server/protocol/transcriptMethods.ts';
import { createServer, type Server } from '../server/server.ts';

describe('the demo', () => {
  let folder: string;
  let demo: Demo;
  let server: Server;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-test-'));
    demo = await makeDemo(folder);
    server = createServer({ env: demo.env, userHome: folder, logger: { log: () => undefined } });
  });
  after(async () => {
    server.dispose();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  async function call<P extends z.ZodType, R extends z.ZodType>(
    method: Method<P, R>,
    params: z.input<P>,
  ): Promise<z.output<R>> {
    const outcome = await server.registry.call(method.name, params);
    assert.ok(outcome.ok, JSON.stringify(outcome));
    return method.result.parse(JSON.parse(JSON.stringify(outcome.result)));
  }

  /** The transcripts by their titles, whole. */
  async function transcripts(): Promise<Map<string, { ref: string; items: TranscriptItem[] }>> {
    const own = await call(sessionsFind, { limit: 100 });
    const others = await call(sourcesSessions, {});
    const all = [
      ...own.sessions.map(({ title, id }) => ({ title, ref: `lockstep:${id}` })),
      ...others.sessions.map(({ title, ref }) => ({ title: title ?? '', ref })),
    ];
    const pages = all.map(async ({ title, ref }) => {
      const { items, atStart } = await call(transcriptsPage, { ref, limit: 1000 });
      assert.ok(atStart);
      return [title, { ref, items }] as const;
    });
    return new Map(await Promise.all(pages));
  }

  it('has transcripts with pictures in messages and in tool results, which are shown', async () => {
    const found: string[] = [];
    for (const { ref, items } of (await transcripts()).values()) {
      for (const item of items) {
        const images =
          item.kind === 'message' ? item.images : item.kind === 'tool_call' ? item.result?.images : [];
        for (const place of images ?? []) {
          const { data } = await call(transcriptsImage, { ref, ...place });
          assert.ok(data.length > 1000, 'more than a pixel');
          found.push(item.kind);
        }
      }
    }
    assert.deepEqual(found.sort(), ['message', 'message', 'tool_call']);
  });

  it('has edits, a command that failed, long coloured output and whole lists', async () => {
    const all = await transcripts();
    const items = all.get('Discount codes at checkout')?.items ?? [];
    const calls = items.flatMap((item) => (item.kind === 'tool_call' ? [item] : []));
    const names = new Set(calls.map(({ name }) => name));
    for (const name of ['Edit', 'MultiEdit', 'Write', 'Bash']) assert.ok(names.has(name), name);
    assert.deepEqual(
      calls.flatMap(({ result }) => result?.exitCode ?? []),
      [1, 2],
    );
    for (const title of ['Discount codes at checkout', 'Fix the flaky checkout test']) {
      const outputs = (all.get(title)?.items ?? []).flatMap((item) =>
        item.kind === 'tool_call' ? (item.result?.output ?? '') : '',
      );
      const long = outputs.filter((output) => output.split('\n').length > 150);
      assert.ok(long.length > 0 && long.every((output) => output.includes('\u001b[32m')), title);
    }
    const { sessions } = await call(sourcesSessions, {});
    const discounts = sessions.find(({ title }) => title === 'Discount codes at checkout');
    assert.equal(discounts?.partial, false, 'the list counts all of its tokens');
  });

  it('has the files that its transcripts speak of', async () => {
    const missing = new Set<string>();
    for (const title of ['Discount codes at checkout', 'Fix the flaky checkout test']) {
      for (const item of (await transcripts()).get(title)?.items ?? []) {
        if (item.kind !== 'message') continue;
        for (const [, path = ''] of item.text.matchAll(/`(src\/[\w./-]+\.\w+)(?::\d+)?`/g))
          if (!existsSync(join(demo.workspace, path))) missing.add(path);
      }
    }
    assert.deepEqual([...missing], []);
  });
});
