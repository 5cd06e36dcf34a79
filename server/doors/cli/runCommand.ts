import { resolve } from 'node:path';
import * as z from 'zod';
import { v7 as uuidv7 } from 'uuid';
import { agentsList, runsStart, workflowsRead, type Workflow } from '../../protocol/workflowMethods.ts';
import { CallFailed, UsageError } from './commandError.ts';
import { defineCommand, option } from './commandSpec.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exitCodes.ts';
import { flag } from './optionValues.ts';
import { personAt, type Person } from './person.ts';
import { RunFollower } from './runFollower.ts';
import { askedInputs, readInputs } from './runInputs.ts';
import { RunSignals } from './runSignals.ts';
import { counted, oneLine } from './text.ts';
import { problemLines, shownPath, workflowInWords } from './workflowWords.ts';

export const run = defineCommand({
  name: 'run',
  group: 'Run workflows',
  summary: 'Run a workflow file in this folder, and show how it goes',
  details:
    'The run is a process of its own: it goes on when this command is ended. Ctrl+C pauses it, a second time stops it for good, a third time leaves it to itself. Before a file runs that has not run before, you are asked; a script says --yes. The exit code says how it ended; a run that is paused, or parked at a limit or gate, goes on with lockstep resume. With --json there is one line for each change: the run, as runs.get gives it.',
  arguments: [
    { name: '<file>', description: 'the workflow file', needs: 'a workflow file', completes: 'file' },
  ],
  options: {
    input: option(
      '-i, --input <name=value>',
      'an input of the workflow; once for each',
      z.array(z.string()).default([]),
      { repeats: true },
    ),
    yes: option('-y, --yes', 'run it without asking', flag),
  },
  examples: [
    { line: 'lockstep run fix-tests.lockstep.yaml', words: 'asks before its first time' },
    {
      line: "lockstep run fix-tests.lockstep.yaml --input command='npm test' --yes",
      words: 'for a script',
    },
    {
      line: 'lockstep run fix-tests.lockstep.yaml --yes --json | jq -r .status',
      words: 'each change, for a program',
    },
  ],
  async run(context, [given = ''], { input, yes }) {
    const file = resolve(given);
    const folder = resolve('.');
    const workflow = await context.call(workflowsRead, { file });
    if (sayProblems(context, workflow)) return EXIT.usage;
    const inputs = readInputs(input, workflow);
    const person = personAt(context);
    await sayWhatRuns(context, workflow, folder);
    // What a killed run has left may be at work in this folder.
    await context.door.sweepRuns();
    if (!workflow.isKnown && !yes && person === undefined)
      throw new UsageError(
        `${shownPath(file)} has not run before, and there is nobody to ask: say --yes to run it`,
      );
    const all = await askedInputs(inputs, workflow, person);
    if (!workflow.isKnown && !yes && !(await agreed(person))) {
      context.say('Nothing was run.');
      return EXIT.error;
    }
    const signals = new RunSignals();
    try {
      const { digest } = workflow;
      const { id } = await context.call(runsStart, { file, workspace: folder, inputs: all, digest });
      // A program reads it in the first line that is printed, unless a signal ends this before.
      if (!context.json || signals.areKept) context.say(`Started: ${id}`);
      const following = { person, endsWhen: 'still', isOurs: true, signals } as const;
      return await new RunFollower(context, id, following).follow();
    } finally {
      signals.dispose();
    }
  },
});

/**
 * Gives whether there are errors.
 * @throws CallFailed in their place where a program reads
 */
function sayProblems(context: CommandContext, workflow: Workflow): boolean {
  const { problems } = workflow;
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const message = `${counted(errors, 'error')} in ${shownPath(workflow.file)}; nothing was run`;
  if (context.json && errors > 0)
    throw new CallFailed({
      code: 'INVALID_PARAMS',
      title: 'The workflow file has errors',
      message: `${message}.`,
      requestId: uuidv7(),
      actions: [],
      details: { file: workflow.file, problems },
    });
  for (const line of problemLines(workflow)) context.say(line);
  if (errors > 0) context.say(`lockstep: ${message}`);
  return errors > 0;
}

/** @throws UsageError where a step names an agent that there is none of */
async function sayWhatRuns(context: CommandContext, workflow: Workflow, folder: string): Promise<void> {
  const { agents, problems } = await context.call(agentsList, {});
  const names = new Set(agents.map(({ name }) => name));
  const lost = workflow.steps.find(({ agent }) => !names.has(agent));
  if (lost !== undefined) {
    for (const problem of problems) context.say(oneLine(problem));
    throw new UsageError(
      `step ${lost.id} names the agent ${oneLine(lost.agent)}, and there is none of that name: see lockstep agents`,
    );
  }
  if (context.json) return;
  for (const line of workflowInWords(workflow, agents, folder)) context.say(line);
  context.say('');
}

async function agreed(person: Person | undefined): Promise<boolean> {
  return person !== undefined && (await person.agrees('Run it?'));
}
