import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MigrationItem, MigrationSummary } from '../../../server/protocol/migrationMethods.ts';
import { inEnglish } from './inEnglish.ts';

const { planReport, restoredReport, restorePlanReport, resultReport, targetText } = await inEnglish(
  () => import('../../../client/views/migrationReport.ts'),
);

const item = (more: Partial<MigrationItem>): MigrationItem => ({
  key: 'k',
  format: 'message-files',
  path: '/old/.sessions/k.json',
  id: 'k',
  title: 'A session',
  to: '0190',
  state: 'new',
  losses: [],
  notes: [],
  events: 3,
  messages: 2,
  bytes: 1500,
  sha256: 's',
  fingerprint: 'f',
  ...more,
});
const request = { path: '/old', to: 'lockstep' } as const;
const migration: MigrationSummary = {
  id: 'm1',
  manifest: '/store/migrations/m1.json',
  status: 'done',
  path: '/old',
  to: 'lockstep',
  agentId: 'main',
  startedAt: '2026-11-01T10:00:00.000Z',
  backup: { folder: '/old/backup_old_format/m1', files: 2, bytes: 3000 },
  stats: { found: 3, migrated: 1, already: 0, skipped: [], errors: [] },
};

describe('the page of a migration', () => {
  const plan = {
    items: [
      item({ title: 'One | two', losses: ['Its images are lost.'], notes: ['It gets another id.'] }),
      item({ key: 'l', title: 'Three', losses: ['Its images are lost.'] }),
      item({ key: 'm', title: 'There', state: 'done' }),
      item({ key: 'n', title: 'Taken', state: 'conflict', conflict: 'Its id is taken.' }),
    ],
    damaged: [{ path: '/old/.sessions/bad.json', reason: 'It ends in the middle.' }],
    notes: ['/old: 3 other files are left.'],
  };

  it('says that a plan has changed nothing, and counts what it would do', () => {
    const page = planReport(plan, request);
    assert.match(page, /^# Lockstep: Migration Plan\n\nThis is the plan\. Nothing was changed\./);
    assert.match(page, /From:\n\n```\n\/old\n```\n\nTo: Lockstep's store/);
    assert.match(page, /\| Sessions to be migrated \| 2 \|/);
    assert.match(page, /\| There already \| 1 \|/);
    assert.match(page, /\| In conflict \| 1 \|/);
    assert.match(page, /\| Damaged \| 1 \|/);
    assert.match(page, /\| Messages \| 4 \|/);
  });

  it('tells of each conflict and each damaged file why, and where it is', () => {
    const page = planReport(plan, request);
    assert.match(page, /## Conflicts[^]*\| Taken \| Its id is taken\. \| \/old\/\.sessions\/k\.json \|/);
    assert.match(page, /## Damaged Files[^]*\| \/old\/\.sessions\/bad\.json \| It ends in the middle\. \|/);
    assert.match(page, /- \/old: 3 other files are left\./);
  });

  it('tells a loss once for all sessions that have it', () => {
    const page = planReport(plan, request);
    assert.match(page, /## What Is Lost\n\n- Its images are lost\. \("One \\\| two", "Three"\)\n\n/);
    assert.match(page, /## What Becomes Another\n\n- It gets another id\./);
  });

  it('makes no markup of what was found', () => {
    const page = planReport({ ...plan, items: [item({ title: '[x](command:y) <b>' })] }, request);
    assert.match(page, /\| \\\[x\\\]\(command:y\) \\<b\\> \|/);
  });

  it('counts what a table has no room for', () => {
    const items = Array.from({ length: 1203 }, (_, at) => item({ key: `k${at}`, title: `Session ${at}` }));
    const page = planReport({ items, damaged: [], notes: [] }, request);
    assert.match(page, /\| Session 999 \|[^|]*\|/);
    assert.ok(!page.includes('Session 1000'));
    assert.match(page, /And 203 more\./);
  });

  it('keeps each error of a migration, and says where the backup is', () => {
    const stats = {
      ...migration.stats,
      skipped: [{ key: 'k', path: '/old/k', reason: 'It was changed since the plan.' }],
      errors: [{ path: '/old/bad', reason: 'It cannot be read.' }],
    };
    const page = resultReport({ end: 'done', stats, migration });
    assert.match(page, /^# Lockstep: Migration Done\n/);
    assert.match(page, /\| k \| It was changed since the plan\. \| \/old\/k \|/);
    assert.match(page, /\| \/old\/bad \| It cannot be read\. \|/);
    assert.match(page, /Copies of 2 old files, 3 kB:\n\n```\n\/old\/backup_old_format\/m1\n```/);
    assert.match(page, /```\n\/store\/migrations\/m1\.json\n```/);
  });

  it('of one that was stopped says what stays and how to go on', () => {
    const page = resultReport({ end: 'cancelled', stats: migration.stats, migration });
    assert.match(
      page,
      /Not Finished\n\nWhat is migrated so far stays\. It can be continued, or taken back\./,
    );
  });

  it('of taking it back says first what would be left, and then what was', () => {
    const changed = [{ key: 'k', to: '0190', reason: 'It has newer events.' }];
    assert.match(
      restorePlanReport(migration, { same: 4, changed }),
      /and are taken back \| 4 \|[^]*\| 0190 \| It has newer events\. \|/,
    );
    const left = [{ path: '0190', reason: 'It has newer events.' }];
    const page = restoredReport({ end: 'done', migration, removed: ['0191'], restored: ['/old/a'], left });
    assert.match(page, /^# Lockstep: Migration Taken Back\n/);
    assert.match(page, /\| 0190 \| It has newer events\. \|/);
    assert.match(page, /- \/old\/a\n/);
  });

  it('names the target in words', () => {
    assert.equal(targetText({ to: 'lockstep' }), "Lockstep's store");
    assert.equal(
      targetText({ to: 'openclaw', agentId: 'shop', stateDir: '/claw' }),
      'OpenClaw, agent shop in /claw',
    );
  });
});
