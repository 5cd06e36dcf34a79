import { agentsList } from '../../protocol/workflowMethods.ts';
import { defineCommand } from './commandSpec.ts';
import { table } from './table.ts';
import { oneLine } from './text.ts';
import { agentCommand, type Agent } from './workflowWords.ts';

export const agents = defineCommand({
  name: 'agents',
  group: 'Run workflows',
  summary: 'List the agents that workflows can name',
  details:
    'In VS Code they are the setting lockstep.agents; here they stand in agents.json in the folder of the store, in the same form. Those that Lockstep knows need no setting. "experimental": no recorded stream of this agent proves that it is read right.',
  examples: [
    { line: 'lockstep agents', words: 'name, protocol and command of each' },
    { line: 'lockstep agents --json | jq .problems', words: 'what is wrong with the setting' },
  ],
  async run(context) {
    const result = await context.call(agentsList, {});
    await context.answer(result, () =>
      result.agents.length === 0
        ? []
        : table<Agent>(
            [
              { heading: 'NAME', cell: ({ name }) => name },
              { heading: 'PROTOCOL', cell: ({ protocol }) => protocol },
              { heading: '', cell: ({ isExperimental }) => (isExperimental ? 'experimental' : '') },
              { heading: 'COMMAND', cell: agentCommand },
            ],
            result.agents,
            context.terminal?.columns,
            (text) => context.style('bold', text),
          ),
    );
    if (context.json) return;
    if (result.agents.length === 0) context.say('There are no agents.');
    for (const problem of result.problems) context.say(`problem: ${oneLine(problem)}`);
  },
});
