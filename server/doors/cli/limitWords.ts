import type { RunLimit } from '../../protocol/workflowMethods.ts';
import type { Column } from './table.ts';
import { bytes, duration, number } from './text.ts';

/** The limits of a workflow as rows of a table, whether it runs or not. */
export const limitColumns: readonly Column<RunLimit>[] = [
  { heading: 'LIMIT', cell: ({ name }) => nameOf(name) },
  { heading: 'AT MOST', cell: ({ name, limit }) => amountOf(name, limit), align: 'right' },
];

export const usedColumn: Column<RunLimit> = {
  heading: 'USED',
  cell: ({ name, used, enforcedBy }) => {
    if (used !== undefined) return amountOf(name, used);
    return enforcedBy === 'reports' ? 'not reported' : '?';
  },
  align: 'right',
};

export const enforcerColumn: Column<RunLimit> = {
  heading: 'ENFORCED BY',
  cell: ({ enforcedBy }) => enforcerInWords(enforcedBy),
};

/** A limit's name as people say it. */
function nameOf(name: RunLimit['name']): string {
  switch (name) {
    case 'wallClock':
      return 'time';
    case 'costUsd':
      return 'cost';
    case 'pids':
      return 'processes';
    case 'tokens':
    case 'output':
    case 'memory':
    case 'cpus':
    case 'disk':
      return name;
  }
}

function amountOf(name: RunLimit['name'], value: number): string {
  switch (name) {
    case 'wallClock':
      return duration(value);
    case 'costUsd':
      return dollars(value);
    case 'output':
    case 'memory':
    case 'disk':
      return bytes(value);
    case 'tokens':
    case 'cpus':
    case 'pids':
      return number(value);
  }
}

function enforcerInWords(enforcedBy: RunLimit['enforcedBy']): string {
  switch (enforcedBy) {
    case 'runner':
      return 'Lockstep';
    case 'reports':
      return 'Lockstep, as agents report it: may be overshot by an iteration';
    case 'systemd':
      return 'the system (systemd)';
    case 'nobody':
      return 'nobody on this machine';
  }
}

export function dollars(amount: number): string {
  return `$${amount.toFixed(amount < 1 ? 4 : 2)}`;
}
