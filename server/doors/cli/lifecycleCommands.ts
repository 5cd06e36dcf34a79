import { resolve } from 'node:path';
import * as z from 'zod';
import { jsonObject } from '../../protocol/json.ts';
import { MAX_ITERATIONS, type Session } from '../../protocol/session.ts';
import * as lifecycle from '../../protocol/sessionLifecycleMethods.ts';
import { sessionsGet } from '../../protocol/sessionQueryMethods.ts';
import { UsageError } from './commandError.ts';
import { defineCommand, option } from './commandSpec.ts';
import type { CommandContext } from './context.ts';
import { EXIT } from './exitCodes.ts';
import { readAll, readArgument, readJson } from './input.ts';
import { wholeNumber, words } from './optionValues.ts';
import { continueRun, moreIterations, pauseRun } from './runControl.ts';
import { leasedSession, leaseFor, sessionId, sessionOrLeased } from './sessionArgument.ts';
import { howToGoOn, progressInWords } from './sessionWords.ts';

const SESSION = {
  name: '[session]',
  description: 'its id, the beginning of it, or its label',
  completes: 'session',
} as const;

const reason = option('--reason <text>', 'why, for a session; it stands in the history', words);

export const start = defineCommand({
  name: 'start',
  group: 'Drive a session',
  summary: 'Start a session and print its id',
  details:
    'Only the id is printed on stdout, so that a script can keep it. The session is active, and bounded by its iterations.',
  arguments: [
    {
      name: '<task>',
      description: 'what the agent is to do; - reads it from stdin',
      needs: 'a task; quote it',
    },
  ],
  excess: 'start takes one task; quote it',
  options: {
    mode: option('-m, --mode <mode>', 'the role it works in', z.string(), { preset: 'developer' }),
    maxIterations: option(
      '-i, --max-iterations <count>',
      `the most iterations, at most ${MAX_ITERATIONS}`,
      wholeNumber(1, MAX_ITERATIONS),
      { preset: '50' },
    ),
    label: option('-l, --label <label>', 'a name of its own, to be used in place of the id', words),
    title: option('-t, --title <title>', 'the first line of the task if unset', words),
    workspace: option('-w, --workspace <folder>', 'the folder it works in; this one if unset', words, {
      completes: 'folder',
    }),
    parent: option('--parent <session>', 'the session that starts this one', words, { completes: 'session' }),
    user: option('--user <id>', 'for whom it works', words),
    model: option('--model <name>', 'the model that it uses', words),
    context: option('--context <json>', 'what the agent is given, as JSON; @FILE or - reads it', words),
  },
  examples: [
    { line: "lockstep start 'Fix the login test'", words: '50 iterations at most, in this folder' },
    {
      line: "id=$(lockstep start 'Fix the login test' --label login-fix --max-iterations 10)",
      words: 'for a script; login-fix names it from now on',
    },
    { line: 'lockstep start - < task.md', words: 'the task from a file' },
  ],
  async run(context, [given = ''], { user, parent, workspace, context: json, ...rest }) {
    const { stdin } = context.door;
    const task = given === '-' ? await readAll(stdin) : given;
    if (task.trim() === '') throw new UsageError('needs a task that says something');
    const session = await context.call(lifecycle.sessionsStart, {
      ...rest,
      task,
      workspace: resolve(workspace ?? '.'),
      userId: user,
      parentId: parent === undefined ? undefined : await sessionId(context, parent),
      context: json === undefined ? {} : await objectOf(context, '--context', json),
    });
    await context.answer(session, () => [session.id]);
    context.remark(`Started. It is ${progressInWords(session)}. Next: lockstep iterate ${session.id}`);
  },
});

export const iterate = defineCommand({
  name: 'iterate',
  group: 'Drive a session',
  summary: 'Begin the next iteration',
  details:
    'Ends with 0 where an iteration was begun, 3 where none is left, 4 where the session is paused: so a while loop around it is bounded, and stops when somebody pauses. With --end it ends the iteration, and ends with 4 where the session is paused now; one that is never ended counts as interrupted.',
  arguments: [SESSION],
  options: {
    data: option('--data <json>', 'what there is to say of it, as JSON; @FILE or - reads it', words),
    end: option('--end', 'end the iteration that is running, and begin none', z.boolean().default(false)),
    outcome: option('--outcome <text>', 'with --end: what became of it', words),
  },
  examples: [
    { line: 'while lockstep iterate login-fix; do ./agent.sh || break; done', words: 'a bounded loop' },
    {
      line: `lockstep iterate login-fix --data '{"phase": "tests"}'`,
      words: 'with something to find again in the history',
    },
    { line: 'lockstep iterate login-fix --end --outcome green', words: 'the running iteration is done' },
  ],
  async run(context, [given], { data: json, end, outcome }) {
    if (outcome !== undefined && !end) throw new UsageError('--outcome goes with --end');
    const id = await sessionOrLeased(context, given);
    const data = json === undefined ? {} : await objectOf(context, '--data', json);
    const params = { id, ...leaseFor(id, context.door.env), data };
    const session = end
      ? await context.call(lifecycle.sessionsEndIteration, { ...params, outcome })
      : await context.call(lifecycle.sessionsIterate, params);
    await answerSession(context, session);
    if (session.status === 'timeout' && !end) return stopped(context, session, EXIT.limit);
    return session.status === 'paused' ? stopped(context, session, EXIT.paused) : EXIT.ok;
  },
});

export const pause = defineCommand({
  name: 'pause',
  group: 'Drive a session',
  summary: 'Pause a session or a run; where somebody drives it, ask them to',
  details:
    'Work in flight is never cut: while somebody holds the session it is "pausing", until their iteration ends or the next would begin.',
  arguments: [SESSION],
  options: { reason },
  examples: [{ line: "lockstep pause login-fix --reason 'lunch'", words: 'goes on with lockstep resume' }],
  async run(context, [given], options) {
    const id = await sessionOrLeased(context, given);
    if (await isRun(context, id)) {
      if (options.reason !== undefined) throw new UsageError(NO_REASON);
      return pauseRun(context, id);
    }
    await answerSession(context, await context.call(lifecycle.sessionsPause, { id, ...options }));
  },
});

export const resume = defineCommand({
  name: 'resume',
  group: 'Drive a session',
  summary: 'Let a paused session or run go on, or one that has used up its iterations',
  details:
    'A run of a workflow also goes on that is parked at a gate or at another limit, or whose process is gone.',
  arguments: [SESSION],
  options: {
    add: option(
      '-a, --add <count>',
      'iterations to add',
      wholeNumber(1, MAX_ITERATIONS, 'a number of iterations').optional(),
    ),
    more: option(
      '--more <amount>',
      'of what a run is parked for: iterations, a time (30m), tokens, US dollars, or output (64MiB)',
      words,
    ),
    reason,
  },
  examples: [
    { line: 'lockstep resume login-fix', words: 'after a pause' },
    { line: 'lockstep resume login-fix --add 10', words: 'with ten more iterations' },
    { line: 'lockstep resume 019cdf3a-7b21 --more 30m', words: 'a run that has used up its time' },
  ],
  async run(context, [given], { add, more, reason }) {
    if (add !== undefined && more !== undefined) throw new UsageError('give --add or --more, not both');
    const id = await sessionOrLeased(context, given);
    if (await isRun(context, id)) {
      if (reason !== undefined) throw new UsageError(NO_REASON);
      return continueRun(context, id, { add, more });
    }
    const addIterations = more === undefined ? add : moreIterations(more);
    const session = await context.call(lifecycle.sessionsResume, { id, addIterations, reason });
    await answerSession(context, session);
  },
});

export const complete = defineCommand({
  name: 'complete',
  group: 'Drive a session',
  summary: 'End a session as completed; this is final',
  arguments: [SESSION],
  options: {
    result: option(
      '-r, --result <text>',
      'what came out: JSON, or any other text; @FILE or - reads it',
      words,
    ),
  },
  examples: [
    { line: "lockstep complete login-fix --result 'All tests pass'", words: 'with what came out' },
    { line: 'git diff | lockstep complete login-fix --result -', words: 'the result from stdin' },
  ],
  async run(context, [given], { result: text }) {
    const id = await sessionOrLeased(context, given);
    const read = text === undefined ? undefined : await readArgument(text, context.door.stdin);
    const session = await context.call(lifecycle.sessionsComplete, {
      id,
      ...leaseFor(id, context.door.env),
      ...(read === undefined ? {} : { result: jsonOrText(read) }),
    });
    await answerSession(context, session);
  },
});

export const fail = defineCommand({
  name: 'fail',
  group: 'Drive a session',
  summary: 'End a session as failed; this is final',
  arguments: [SESSION, { name: '[error]', description: 'why it failed; - reads it from stdin' }],
  excess: 'fail takes a session and an error; quote the error',
  examples: [
    { line: "lockstep fail login-fix 'The tests cannot be run here'", words: 'with the reason' },
    { line: "lockstep fail 'No access to the repository'", words: 'in a command of with-lease' },
  ],
  async run(context, args) {
    const leased = leasedSession(context.door.env);
    const [given, error] = args.length < 2 && leased !== undefined ? [leased, args[0]] : args;
    if (given === undefined || error === undefined)
      throw new UsageError('needs a session, and why it failed: lockstep fail <session> <error>');
    const id = await sessionId(context, given);
    const why = error === '-' ? await readAll(context.door.stdin) : error;
    const session = await context.call(lifecycle.sessionsFail, {
      id,
      ...leaseFor(id, context.door.env),
      error: why,
    });
    await answerSession(context, session);
  },
});

const NO_REASON = '--reason is for sessions; a run of a workflow keeps none';

/** Runs of workflows are paused and continued by what drives them. */
async function isRun(context: CommandContext, id: string): Promise<boolean> {
  return (await context.call(sessionsGet, { id })).kind === 'workflow';
}

function answerSession(context: CommandContext, session: Session): Promise<void> {
  return context.answer(session, () => [`${session.id} ${progressInWords(session)}`]);
}

function stopped(context: CommandContext, session: Session, code: number): number {
  const next = howToGoOn(session);
  if (!context.json && next !== undefined) context.say(`To go on: ${next}`);
  return code;
}

async function objectOf(context: CommandContext, flag: string, given: string) {
  const value = jsonObject.safeParse(await readJson(flag, given, context.door.stdin));
  if (value.success) return value.data;
  throw new UsageError(`${flag} ${value.error.issues[0]?.message ?? 'must be an object'}`);
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
