import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { StoreRecovery } from '../../../server/protocol/storeMethods.ts';
import { inEnglish } from './inEnglish.ts';

const { recoveryReport, recoverySummary } = await inEnglish(
  () => import('../../../client/views/recoveryReport.ts'),
);

const whole: StoreRecovery = {
  from: '/home/dev/.lockstep/lockstep.db',
  fingerprint: 'f',
  applied: false,
  sessions: { saved: 12, rebuilt: 0 },
  events: { saved: 3400, damaged: 0, lost: 0 },
  pages: { total: 90, unreadable: 0 },
  problems: [],
};
const damaged: StoreRecovery = {
  ...whole,
  sessions: { saved: 11, rebuilt: 2 },
  events: { saved: 3300, damaged: 4, lost: 7 },
  pages: { total: 90, unreadable: 3 },
  problems: ['Page 17 | [click](command:x) cannot be read.'],
};

describe('the page of a recovery', () => {
  it('says that a plan has changed nothing, and that the file is kept', () => {
    const page = recoveryReport(damaged);
    assert.match(page, /^# Lockstep: What Can Be Recovered\n/);
    assert.match(page, /Nothing was changed\./);
    assert.match(page, /is kept, under another name/);
  });

  it('tells what is saved, damaged and lost', () => {
    const page = recoveryReport(damaged);
    assert.match(
      page,
      /\| Can Be Saved \| Damaged or Lost \|[^]*\| Sessions, also those in the trash \| 11 \| 2 of them made anew from their events \|/,
    );
    assert.match(page, /\| Events \| 3,300 \| 7 lost, with a note in their place, 4 kept as text only \|/);
    assert.match(page, /\| Pages of the file \| 87 \| 3 of 90 cannot be read \|/);
  });

  it('makes no markup of what was found in the file', () => {
    assert.match(recoveryReport(damaged), /- Page 17 \\\| \\\[click\\\]\(command:x\) cannot be read\./);
  });

  it('names the file that was the store, once it is another', () => {
    const page = recoveryReport({ ...damaged, applied: true, kept: '/home/dev/.lockstep/damaged.db' });
    assert.match(page, /^# Lockstep: The Store Was Recovered\n/);
    assert.match(page, /kept:\n\n```\n\/home\/dev\/\.lockstep\/damaged\.db\n```/);
  });

  it('is summed up in a sentence or two', () => {
    assert.equal(
      recoverySummary(whole),
      'Can be saved: 12 sessions with 3,400 events. Nothing damaged was found.',
    );
    assert.equal(
      recoverySummary({ ...damaged, applied: true }),
      'Saved: 11 sessions with 3,300 events. 2 of them made anew from their events. ' +
        'Events: 7 lost, with a note in their place, 4 kept as text only.',
    );
  });
});
