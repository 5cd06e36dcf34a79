import type { Machine, ProcessFacts } from '../domain/lockVerdict.ts';

/** The processes of the system; passed in, so that tests can stand in for other systems. Nothing here rejects. */
export interface Processes {
  readonly pid: number;
  machine(): Promise<Machine>;
  look(pid: number): Promise<ProcessFacts>;
}
