import { createRequire } from 'node:module';

/** The protocol's own example agent, which asks before it changes a file. */
export const ACP_AGENT = createRequire(import.meta.url)
  .resolve('acp-example')
  .replace(/dist\/.*$/, 'dist/examples/agent.js');

/** A workflow of one step with one iteration; it ends with the step, so that more can be said of that. */
export function oneStep(name: string, agent = 'scripted'): string {
  return `name: ${name}\nsteps:\n  - id: only\n    agent: ${agent}\n    prompt: Do it\n`;
}
