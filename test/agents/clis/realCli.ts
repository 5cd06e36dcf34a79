import type { Preset } from '../../../server/workflows/agents/presets.ts';

/** An agent's own command line tool, as npm has it. */
export interface RealCli {
  readonly preset: Preset;
  readonly package: string;
  readonly version: string;
  /** Its program, from the folder `node_modules` on. */
  readonly program: string;
  /** How its model calls a shell: the tool's name and its input. */
  readonly shell: (command: string) => { readonly tool: string; readonly input: object };
  /** Writes what it has to find in its home to ask the endpoint, and nobody else. */
  readonly setUp: (home: string, url: string) => Promise<Setup>;
  /** Its arguments where it speaks the Agent Client Protocol; undefined where it does not. */
  readonly acp?: readonly string[];
  /** What it reports for one turn (`USED`); undefined where it reports no cost. */
  readonly turnCostUsd?: number;
  /** Further arguments that bound it to one turn of its model; undefined where it has no such bound. */
  readonly oneTurn?: (home: string) => Promise<readonly string[]>;
}

/** As in the setting of an agent. */
export interface Setup {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The model that all are told to use. */
export const MODEL = 'mock-model';
