import * as z from 'zod';
import type { ErrorAction, WireError } from '../../protocol/error.ts';
import { errorAsText } from '../../protocol/errorText.ts';
import { EXIT } from './exitCodes.ts';
import { cut, manyLines, oneLine, shellWord } from './text.ts';

const candidates = z.array(
  z.looseObject({ id: z.string(), title: z.string(), status: z.string(), label: z.string().optional() }),
);
const transition = z.looseObject({ from: z.string() });
/** Methods that a command of the same meaning calls with nothing but the session. */
const VERBS: Readonly<Record<string, string>> = {
  'sessions.pause': 'pause',
  'sessions.restore': 'restore',
  'runs.pause': 'pause',
  'runs.continue': 'resume',
  'runs.stop': 'stop',
};
const sessionParams = z.looseObject({ id: z.string(), addIterations: z.number().optional() });

/** The exit code that an error of a call ends the command with. */
export function exitCodeOf({ code, details }: WireError): number {
  switch (code) {
    case 'INVALID_PARAMS':
      return EXIT.usage;
    case 'ITERATION_LIMIT':
      return EXIT.limit;
    case 'SESSION_LOCKED':
      return EXIT.locked;
    case 'ILLEGAL_TRANSITION': {
      const from = transition.safeParse(details).data?.from;
      return from === 'paused' ? EXIT.paused : from === 'timeout' ? EXIT.limit : EXIT.error;
    }
    default:
      return EXIT.error;
  }
}

/** An error in words, with what to do next as command lines. */
export function errorInWords(error: WireError, command: string): string {
  const found = candidates.safeParse(error.details['candidates']).data ?? [];
  const listed = found.map(
    ({ id, label, title, status }) =>
      `  ${id}  ${status}  ${label === undefined ? '' : `${oneLine(label)}  `}${cut(oneLine(title), 60)}`,
  );
  const next = nextSteps(error, command).map((line) => `  ${line}`);
  return [
    `lockstep: ${manyLines(errorAsText(error))}`,
    ...listed,
    ...(next.length === 0 ? [] : ['What you can do:', ...next]),
    '',
  ].join('\n');
}

function nextSteps({ code, actions, details }: WireError, command: string): string[] {
  const offered = actions.flatMap(actionLine);
  switch (code) {
    case 'SESSION_NOT_FOUND':
      return offered.length > 0 ? offered : ['lockstep list --archived', 'lockstep list --trash'];
    case 'ILLEGAL_TRANSITION': {
      const { from, id } = z.looseObject({ from: z.string(), id: z.string() }).safeParse(details).data ?? {};
      return from === 'paused' && id !== undefined ? [...offered, `lockstep resume ${id}`] : offered;
    }
    case 'INVALID_PARAMS':
      return [...offered, `lockstep ${command} --help`];
    case 'STORE_CORRUPT':
    case 'STORE_BUSY':
    case 'STORE_NEWER':
    case 'STORE_UNAVAILABLE':
      return [...offered, 'lockstep doctor'];
    default:
      return offered;
  }
}

/** An offered call as a command line; what only a window can do is left out. */
function actionLine(action: ErrorAction): string[] {
  if (action.kind === 'link') return [action.url];
  if (action.kind !== 'command') return [];
  const { method, params } = action;
  if (method === 'store.recover') return ['lockstep recover'];
  const { id, addIterations } = sessionParams.safeParse(params).data ?? {};
  if (id !== undefined && method === 'sessions.resume')
    return [`lockstep resume ${id}${addIterations === undefined ? '' : ` --add ${addIterations}`}`];
  const verb = VERBS[method];
  if (id !== undefined && verb !== undefined) return [`lockstep ${verb} ${id}`];
  return [`lockstep call ${method} ${shellWord(JSON.stringify(params))}`];
}
