import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { PRESET_AGENTS } from '../../server/workflows/agents/presets.ts';
import type { RealCli } from './clis/realCli.ts';
import { MockEndpoint, type Model } from './mockEndpoint.ts';

export const CASES = ['success', 'error', 'limit', 'cancel'] as const;
type Case = (typeof CASES)[number];

/** What a tool printed, and how it ended. */
interface Recording {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: string | null;
}

/** In place of the folders of the recording, which are other ones each time. */
const PLACES = { home: '/home/me', project: '/home/me/project' };

/**
 * Has a tool work on one prompt as its preset runs it, in a home of its own below `folder`.
 * @param path  the PATH on which the tool is
 */
export async function record(cli: RealCli, path: string, which: Case, folder: string): Promise<Recording> {
  const home = join(folder, 'home');
  const project = join(folder, 'project');
  for (const made of [home, project]) await mkdir(made, { recursive: true });
  await writeFile(join(project, 'notes.txt'), 'nothing yet\n');

  const cancelled = Promise.withResolvers<void>();
  const endpoint = await MockEndpoint.start(modelOf(cli, which, cancelled.resolve));
  try {
    const { args, env } = await cli.setUp(home, endpoint.url);
    const bound = which === 'limit' ? ((await cli.oneTurn?.(home)) ?? []) : [];
    const [program, ...first] = PRESET_AGENTS[cli.preset].command;
    const child = spawn(program, [...first, ...args, ...bound], {
      cwd: project,
      env: { PATH: path, TERM: 'dumb', ...env },
      detached: true,
    });
    // As the supervisor ends an agent.
    void cancelled.promise.then(() => child.pid !== undefined && process.kill(-child.pid, 'SIGTERM'));
    child.stdin.end('List the files of this folder. Say DONE at the end.');
    const [stdout, stderr] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined,
    ]);
    const placed = (words: string) =>
      words
        .replaceAll(project, PLACES.project)
        .replaceAll(home, PLACES.home)
        .replaceAll(endpoint.url, 'http://127.0.0.1:1');
    return {
      stdout: placed(stdout),
      stderr: placed(stderr),
      code: child.exitCode,
      signal: child.signalCode,
    };
  } finally {
    await endpoint.close();
  }
}

function modelOf(cli: RealCli, which: Case, cancel: () => void): Model {
  return ({ hasResult, tools }) => {
    // Some ask for a title first, without tools.
    if (tools.length === 0) return { kind: 'say', text: 'Files' };
    if (which === 'error') return { kind: 'fail', status: 400, message: 'the model is out of order' };
    if (which === 'limit' && cli.oneTurn === undefined)
      return { kind: 'say', text: 'The files are: one, two, thr', isCut: true };
    if (!hasResult || which === 'limit') return { kind: 'call', text: 'I look first.', ...cli.shell('ls') };
    if (which === 'success') return { kind: 'say', text: 'There is one file: notes.txt.\n\nDONE' };
    cancel();
    return { kind: 'wait' };
  };
}
