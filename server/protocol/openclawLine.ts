import { shellLine } from './shellLine.ts';

/** A call of OpenClaw's gateway. */
export interface OpenclawCall {
  /** Absolute path. */
  readonly stateDir: string;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** The line with which OpenClaw has its running gateway make a call, for a person's shell. */
export function openclawLine({ stateDir, method, params }: OpenclawCall, platform: NodeJS.Platform): string {
  const args = ['gateway', 'call', method, '--params', JSON.stringify(params)];
  const line = shellLine({ program: 'openclaw', args }, platform);
  const folder = shellLine({ program: stateDir, args: [] }, platform);
  return platform === 'win32'
    ? `$env:OPENCLAW_STATE_DIR=${folder}; ${line}`
    : `OPENCLAW_STATE_DIR=${folder} ${line}`;
}
