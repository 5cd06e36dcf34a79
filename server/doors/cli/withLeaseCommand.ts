import { locksAcquire, MAX_TTL_MS, MAX_WAIT_MS } from '../../protocol/lockMethods.ts';
import { CallFailed, UsageError } from './commandError.ts';
import { defineCommand, option } from './commandSpec.ts';
import { EXIT } from './exitCodes.ts';
import { wholeNumber, words } from './optionValues.ts';
import { sessionId } from './sessionArgument.ts';
import { runWithLease } from './withLease.ts';

export const withLease = defineCommand({
  name: 'with-lease',
  group: 'Drive a session',
  summary: 'Run a command while nobody else can drive the session',
  details:
    'The command finds LOCKSTEP_SESSION and LOCKSTEP_LEASE in its environment: there lockstep needs no session, and shows the lease. The exit code is that of the command. An error is JSON on stderr. Should the lease be lost, the command is ended.',
  json: false,
  takesCommand: true,
  arguments: [
    {
      name: '<session>',
      description: 'its id, the beginning of it, or its label',
      needs: 'the id of one session',
      completes: 'session',
    },
  ],
  excess: 'with-lease needs the id of one session',
  options: {
    name: option('--name <name>', 'what the holder is called when others are told of it', words),
    ttl: option(
      '--ttl <ms>',
      'how long the lease lasts when this process cannot renew it; 30000 if unset',
      wholeNumber(1, MAX_TTL_MS, 'milliseconds').optional(),
    ),
    wait: option(
      '--wait <ms>',
      'how long to wait for others; 10000 if unset, 0 not at all',
      wholeNumber(0, MAX_WAIT_MS, 'milliseconds').optional(),
    ),
  },
  examples: [
    { line: 'lockstep with-lease login-fix -- ./agent.sh', words: 'one agent at a time' },
    {
      line: `lockstep with-lease login-fix -- sh -c 'while lockstep iterate; do ./agent.sh || break; done'`,
      words: 'a bounded loop that nobody else can interfere with',
    },
  ],
  async run(context, [given = '', program = '', ...args], { name, ttl: ttlMs, wait: waitMs }) {
    const { door } = context;
    if (!locksAcquire.params.safeParse({ session: given, name }).success)
      throw new UsageError('--name needs a text of at most 256 bytes');
    const sayError = (error: object): number => {
      door.stderr.write(`${JSON.stringify(error, null, 2)}\n`);
      return EXIT.error;
    };
    let session;
    try {
      session = await sessionId(context, given);
    } catch (error) {
      if (error instanceof CallFailed) return sayError(error.error);
      throw error;
    }
    const say = (text: string) => context.say(`lockstep: ${text}`);
    const leased = { session, ttlMs, waitMs, name, program, args };
    const outcome = await runWithLease(leased, door.connect, door.env, say);
    return outcome.ok ? outcome.code : sayError(outcome.error);
  },
});
