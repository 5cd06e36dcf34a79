import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { CodeLens } from 'vscode-languageserver-types';
import type { Run, RunStatus } from '../../protocol/workflowMethods.ts';
import type { WorkflowParts } from '../format/workflowParts.ts';
import { headRange } from '../format/yamlTree.ts';
import { textRange } from './textRange.ts';

/** A run of the file, as its lenses show it. */
export type ShownRun = Pick<Run, 'id' | 'status' | 'iterations' | 'maxIterations'> & {
  readonly steps: readonly Pick<Run['steps'][number], 'id' | 'iterations' | 'maxIterations' | 'session'>[];
};

/**
 * The ids of the client's commands. `run` gets the uri of the file, `resume` and `stop` the id of the run, `show` the
 * `{ ref }` of a transcript.
 */
export interface LensCommands {
  readonly run: string;
  readonly resume: string;
  readonly stop: string;
  readonly show: string;
}

const FINAL: ReadonlySet<RunStatus> = new Set(['completed', 'failed', 'stopped']);
const AT_REST: ReadonlySet<RunStatus> = new Set(['paused', 'parked', 'interrupted']);

/** Above the file what can be done with it and with its latest run; above each step how far that run is in it. */
export function codeLenses(
  { root, outline }: WorkflowParts,
  text: TextDocument,
  run: ShownRun | undefined,
  commands: LensCommands,
): CodeLens[] {
  if (!root.entries.has('steps')) return [];
  const lens = (offset: number, title: string, command: string, argument: unknown): CodeLens => ({
    range: textRange(text, offset, offset),
    command: { title, command, arguments: [argument] },
  });
  const [top] = headRange(root);
  const all = [lens(top, 'Run', commands.run, text.uri)];
  if (run === undefined) return all;
  const { id, status, iterations, maxIterations } = run;
  const far = `${iterations}/${maxIterations}`;
  if (AT_REST.has(status)) all.push(lens(top, 'Resume', commands.resume, id));
  if (!FINAL.has(status) && status !== 'stopping') all.push(lens(top, 'Stop', commands.stop, id));
  all.push(lens(top, status === 'active' ? far : `${far} ${status}`, commands.show, transcript(id)));
  const byId = new Map(run.steps.map((step) => [step.id, step]));
  for (const { map, id: name } of outline.steps) {
    const step = name && byId.get(name.text);
    if (step === undefined) continue;
    const shown = transcript(step.session ?? id);
    all.push(lens(map.range?.[0] ?? 0, `${step.iterations}/${step.maxIterations}`, commands.show, shown));
  }
  return all;
}

/** As `transcripts.page` names the sessions of the store. */
function transcript(session: string): { ref: string } {
  return { ref: `lockstep:${session}` };
}
