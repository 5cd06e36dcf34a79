import { fileURLToPath } from 'node:url';
import { enoughPath } from './ledger.ts';
import { TAG } from './victims.ts';

const AGENT = fileURLToPath(new URL('runAgent.ts', import.meta.url));

export const NAME = 'killed';

/** Two steps side by side, which are done once somebody has had enough, and one after them. */
export function killedWorkflow(ledger: string): string {
  const step = (id: string, more: object) => ({
    id,
    prompt: `${id} \${iteration} ${ledger}`,
    maxIterations: 1000,
    retry: { attempts: 20, backoff: '10ms' },
    ...more,
  });
  const steps = [
    step('a', { untilOutput: 'it is enough$' }),
    step('b', { until: `sleep 0.2; test -e ${enoughPath(ledger)}` }),
    step('c', { needs: ['a', 'b'] }),
  ];
  return JSON.stringify({ name: NAME, agent: 'scripted', steps });
}

/** `lockstep.agents`, with an agent whose processes have the tag. */
export function killedAgents(tag: string) {
  const command = [process.execPath, AGENT];
  return { scripted: { protocol: 'command', command, output: 'jsonl', env: { [TAG]: tag } } };
}

/** The iteration in what the agent has said; undefined where it is another's words. */
export function iterationIn(output: string): number | undefined {
  const found = /^finished \d+ with iteration (\d+)/.exec(output)?.[1];
  return found === undefined ? undefined : Number(found);
}
