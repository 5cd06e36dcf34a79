import * as z from 'zod';
import { event, step, unchanged, type Decide } from '../../domain/sessionStep.ts';
import type { Leases } from '../../locks/leases.ts';
import { TOLD_EVENT } from './runRecord.ts';

/** So many are remembered for each run: what was told long ago, no client tells again. */
const REMEMBERED = 100;
const told = z.looseObject({ told: z.array(z.string()).catch([]).default([]) });

/**
 * Whether the caller is the one to tell a person of something that a run has come to: the first that asks is, across
 * processes, also after the run's end.
 */
export async function claimTelling(leases: Leases, id: string, of: string): Promise<boolean> {
  let isMine = false;
  const claim: Decide = (state, now) => {
    const { metadata } = state.session;
    const known = told.parse(metadata).told;
    isMine = !known.includes(of);
    if (!isMine) return unchanged(state, now);
    const remembered = [...known, of].slice(-REMEMBERED);
    return step(state, now, { metadata: { ...metadata, told: remembered } }, [event(TOLD_EVENT, { of })]);
  };
  await leases.control(id, claim);
  return isMine;
}
