import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The name that the workflow of the demo's workspace has, as the view shows it. */
export const DEMO_WORKFLOW = 'fix-checkout';

export const WORKFLOW_FILE = `name: ${DEMO_WORKFLOW}
description: Find out why the checkout test fails now and then, and mend it.
agent: demo
inputs:
  test: { description: Which test fails, default: checkout }
limits: { wallClock: 30m, tokens: 200000 }
steps:
  - id: reproduce
    prompt: Run the test \${inputs.test} until it fails, and say what differs.
  - id: fix
    needs: [reproduce]
    prompt: |
      Mend the cause, not the test. This is what is known:
      \${steps.reproduce.output}
    untilOutput: ^DONE
    maxIterations: 5
  - id: review
    needs: [fix]
    gate: manual
    prompt: Review the change.
`;

/** Says what an agent would, one answer after the other, without one. */
const AGENT = `import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
const prompt = readFileSync(0, 'utf8');
const seen = new URL('./seen', import.meta.url);
await pause(700);
if (prompt.startsWith('Run the test')) {
  console.log('It fails about once in ten runs: the second item is added before the first request has ended.');
} else if (prompt.startsWith('Review')) {
  console.log('The change is fit to be merged.');
} else if (existsSync(seen)) {
  console.log('DONE\\n\\n\`moveToCart\` awaits each item now; 50 runs passed.');
} else {
  writeFileSync(seen, '');
  console.log('\`addBoth\` awaits the first item now. The same pattern is in \`src/wishlist.ts:4\`; I look at that next.');
}
`;

/** Makes an agent that costs nothing, and tells the store of it. */
export async function makeDemoAgent(folder: string, store: string): Promise<void> {
  const program = join(folder, 'agent', 'agent.mjs');
  await mkdir(join(folder, 'agent'), { recursive: true });
  await writeFile(program, AGENT);
  const agents = { demo: { protocol: 'command', command: [process.execPath, program] } };
  await writeFile(join(store, 'agents.json'), JSON.stringify(agents, undefined, 2));
}
