import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { sessionsStats, type SessionStats } from '../../../server/protocol/sessionQueryMethods.ts';
import { inEnglish } from './inEnglish.ts';

const { statisticsReport } = await inEnglish(() => import('../../../client/views/statisticsReport.ts'));

const DAY_MS = 24 * 60 * 60_000;

function statsOf(changes: Partial<SessionStats> = {}): SessionStats {
  const byDay = Array.from({ length: 30 }, (_, at) => ({
    day: new Date(Date.UTC(2026, 9, 27) + at * DAY_MS).toISOString().slice(0, 10),
    started: at === 29 ? 4 : 0,
    completed: at === 29 ? 2 : 0,
    failed: 0,
    tokens: 0,
    costUsd: 0,
  }));
  return sessionsStats.result.parse({
    total: 4,
    successRate: 66.666,
    averageIterations: 2.25,
    averageDurationMs: 90_000,
    byStatus: { active: 1, paused: 0, timeout: 0, completed: 2, failed: 1 },
    byMode: { developer: 3, tester: 1 },
    byKind: { session: 4, workflow: 0, step: 0, conversation: 0 },
    byUser: [],
    byWorkspace: [
      { name: join(homedir(), 'shop'), sessions: 3 },
      { name: '/srv/other', sessions: 1 },
    ],
    byDay,
    messages: 1234,
    tokens: { input: 10, output: 20, cacheRead: 60, cacheWrite: 10, total: 100 },
    costUsd: 1.5,
    toolCalls: 5,
    errors: 1,
    ...changes,
  });
}

const none = statsOf({ total: 0 });
const report = (all: SessionStats, folders: Parameters<typeof statisticsReport>[1] = []) =>
  statisticsReport(all, folders, 'just now');
const rowOf = (page: string, first: string) =>
  page.split('\n').find((line) => line.startsWith(`| ${first} |`));

describe('the page of statistics', () => {
  it('is friendly where there is nothing to count', () => {
    const page = report(none, [{ name: 'shop', stats: none }]);
    assert.match(page, /There are no sessions yet/);
    assert.doesNotMatch(page, /svg|NaN|\|/);
  });

  it('tells the figures in words and numbers', () => {
    const page = report(statsOf());
    assert.equal(rowOf(page, 'Sessions'), '| Sessions | 4 |');
    assert.equal(rowOf(page, 'Success rate'), '| Success rate | 66.7 % of 3 that ended |');
    assert.equal(rowOf(page, 'Iterations, on average'), '| Iterations, on average | 2.3 |');
    assert.equal(rowOf(page, 'Messages'), '| Messages | 1,234 |');
    assert.match(rowOf(page, 'Completed') ?? '', /^\| Completed \| 2 \| 50 % \| <svg aria-hidden="true"/);
    assert.match(rowOf(page, 'Read from cache') ?? '', /\| 60 \| 60 % \|/);
  });

  it('says of a success rate only where one has ended', () => {
    const page = report(statsOf({ byStatus: { active: 4, paused: 0, timeout: 0, completed: 0, failed: 0 } }));
    assert.match(rowOf(page, 'Success rate') ?? '', /none has ended yet/);
    assert.equal(rowOf(page, 'Time from start to end, on average'), undefined);
  });

  it('gives each chart words that say what is drawn', () => {
    const page = report(statsOf());
    assert.match(
      page,
      /role="img" aria-label="Chart of Started by day, from Oct 27 to Nov 25: 4, at most 4 on Nov 25"/,
    );
    assert.match(page, /\*\*Failed\*\*: 0\n/);
    assert.equal(page.match(/<svg role="img"/g)?.length, 2);
  });

  it('is in the colours of the theme, and in no others', () => {
    const page = report(statsOf());
    assert.doesNotMatch(page, /#[0-9a-f]{3,8}\b|rgb\(/i);
    assert.match(page, /fill:var\(--vscode-charts-green\)/);
  });

  it('makes no markup of what sessions name', () => {
    const page = report(
      statsOf({ byMode: { '<img src=x onerror=alert(1)> | [a](command:b)': 1, developer: 3 } }),
    );
    assert.doesNotMatch(page, /[^\\]<img|[^\\]\]\(command/);
    assert.match(page, /\\<img src=x/);
  });

  it('shows the home folder as people write it', () => {
    assert.match(rowOf(report(statsOf()), `\\~/shop`) ?? '', /\| 3 \| 75 % \|/);
  });

  it('tells of a folder apart where it has some of the sessions, not all and not none', () => {
    const some = statsOf({ total: 3 });
    assert.match(
      report(statsOf(), [{ name: 'shop', stats: some }]),
      /## All Sessions\n[^]*## Sessions of shop\n/,
    );
    for (const stats of [statsOf(), none]) {
      assert.doesNotMatch(report(statsOf(), [{ name: 'shop', stats }]), /Sessions of shop/);
    }
  });

  it('puts the long tail of modes into one row', () => {
    const byMode = Object.fromEntries(Array.from({ length: 14 }, (_, at) => [`mode${at}`, 1]));
    assert.match(rowOf(report(statsOf({ byMode, total: 14 })), '4 others') ?? '', /\| 4 \| 29 % \|/);
  });
});
