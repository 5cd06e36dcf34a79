import type { ResultOf } from '../../server/protocol/method.ts';
import { agentsList } from '../../server/protocol/workflowMethods.ts';
import type { Call } from './call.ts';
import { ReadModel } from './readModel.ts';

export type AgentInfo = ResultOf<typeof agentsList>['agents'][number];

/** The agents that workflows can name. They change with the setting alone, and with it the server starts anew. */
export class AgentModel extends ReadModel {
  readonly #call: Call;
  #agents: readonly AgentInfo[] = [];
  #problems: readonly string[] = [];

  constructor(call: Call) {
    super();
    this.#call = call;
  }

  get agents(): readonly AgentInfo[] {
    return this.#agents;
  }

  /** What is wrong with the setting, as sentences. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  get(name: string): AgentInfo | undefined {
    return this.#agents.find((agent) => agent.name === name);
  }

  reload(): Promise<void> {
    return this.queue(async () => {
      const { agents, problems } = await this.#call(agentsList, {});
      this.#agents = agents;
      this.#problems = problems;
    });
  }
}
