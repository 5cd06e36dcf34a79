import { differencesOf, type Difference } from './comparing.ts';

/** What Lockstep does otherwise than OpenClaw 2026.7.1-2, and why. */
export interface Deliberate {
  /** A method, `sessions.json` for what stands in it afterwards, or `files` for the transcripts. */
  readonly of: RegExp;
  /** The place in the answer. */
  readonly at: RegExp;
  /** What the gateway has there, as JSON; anything if unset. */
  readonly gateway?: RegExp;
  readonly why: string;
}

export const DELIBERATE: readonly Deliberate[] = [
  {
    of: /^sessions\./,
    at: /^code$/,
    why: "Lockstep's codes say what to do next; the texts are OpenClaw's",
  },
  {
    of: /^sessions\.(patch|reset)$/,
    at: /^message$/,
    gateway: /must be equal to constant/,
    why: 'schema texts other than the common ones are free; these name the values that are allowed',
  },
  {
    of: /^sessions\.(list|patch)$/,
    at: /\b(agentRuntime|thinkingOptions|thinkingDefault|effectiveFastMode|effectiveFastModeSource|fastAutoOnSeconds|effectiveResponseUsage|hasActiveRun)$/,
    gateway: /./,
    why: 'known to a running gateway only: its runs, its catalogue of models and what they can do',
  },
  {
    of: /^sessions\.list$/,
    at: /\bthinkingLevels$/,
    gateway: /./,
    why: 'known to a running gateway only: what the model of each session can do',
  },
  {
    of: /^sessions\.patch$/,
    at: /^result\.resolved\.(thinkingLevel|thinkingLevels(\[\d+\](\.(id|label))?)?)$/,
    why: 'the levels that a model knows, and its own default, are in the catalogue of a running gateway',
  },
  {
    of: /^sessions\.list$/,
    at: /\.childSessions$/,
    why: 'a list can be filtered by spawnedBy; links are not told twice',
  },
  {
    of: /^sessions\.list$/,
    at: /\.derivedTitle$/,
    why: 'titles are in the order of 2026.2.9: display name, subject, first user message, id and date; no label',
  },
  {
    of: /^sessions\.list$/,
    at: /\.lastChannel$/,
    why: 'lastProvider, the older name of lastChannel, is read as in 2026.2.9',
  },
  {
    of: /^sessions\.list$/,
    at: /\.deliveryContext$/,
    gateway: /^\{"channel":"\w+"\}$/,
    why: 'what stands in the store is shown: a gateway fills it in from the channel when it starts',
  },
  {
    of: /^sessions\.list$/,
    at: /^result\.sessions\[agent:main:wrong\]\.(label|displayName|chatType)$/,
    why: 'a field of the wrong type is not passed on; it stays in the store',
  },
  {
    of: /^sessions\.list$/,
    at: /^result\.(count|totalCount|sessions\[agent:main:subagent:one\])$/,
    why: 'spawnedBy filters as in 2026.2.9: a link does not go stale after an hour',
  },
  {
    of: /^sessions\.resolve$/,
    at: /^ok$/,
    gateway: /No session found with label: lookup/,
    why: 'spawnedBy filters as in 2026.2.9: a link does not go stale after an hour',
  },
  {
    of: /^sessions\.resolve$/,
    at: /^ok$/,
    gateway: /no longer exists in configuration/,
    why: 'an agent that only has a folder is an agent, as in 2026.2.9',
  },
  {
    of: /^sessions\.reset$/,
    at: /^result\.archived$/,
    why: 'the answer tells where the old transcript is',
  },
  {
    of: /^sessions\.(reset|json)$/,
    at: /\.compactionCount$/,
    why: 'a reset sets it to 0, since the new transcript has none; a compaction counts, with or without a model',
  },
  {
    of: /^sessions\.(reset|json)$/,
    at: /\.gardenMode$/,
    why: 'a field that Lockstep does not know stays',
  },
  {
    of: /^sessions\.(reset|json)$/,
    at: /\.category$/,
    why: 'the shelf that a person put the session on says nothing of its last run',
  },
  {
    of: /^sessions\.json$/,
    at: /\.route$/,
    gateway: /./,
    why: 'a reset drops it: a gateway makes it anew from the delivery context',
  },
  {
    of: /^sessions\.compact$/,
    at: /^result\.removed$/,
    why: 'the answer tells how many lines went',
  },
  {
    of: /^sessions\.delete$/,
    at: /^ok$/,
    gateway: /agent:support:main/,
    why: "every agent's main session is protected, not the default agent's alone",
  },
  {
    of: /^(sessions\.json|files)$/,
    at: /^support\b/,
    why: "every agent's main session is protected, not the default agent's alone",
  },
  {
    of: /^sessions\.delete$/,
    at: /^result\.archived\b/,
    why: 'a transcript stays as long as another entry has it, and goes with the last one',
  },
  {
    of: /^files$/,
    at: /^main\.5e550004\b.*\.(reset|deleted)\b/,
    why: 'a transcript stays as long as another entry has it, and goes with the last one',
  },
  {
    of: /^files$/,
    at: /^main\.<new>\.jsonl\[\d+\]$/,
    gateway: /^"\{[^{}]*\\"cwd\\":\\"<state>\\"\}\\n"$/,
    why: 'after a reset the header keeps the folder that the session worked in; a gateway writes its own',
  },
];

interface Answer {
  readonly ok: boolean;
}

/** Of two answers to one call: all of it where only one of them is an error. */
export function answerDifferences(gateway: Answer, lockstep: Answer): Difference[] {
  return gateway.ok === lockstep.ok ? differencesOf(gateway, lockstep) : [{ path: 'ok', gateway, lockstep }];
}

/** Tells deliberate differences from others, and keeps which of them were met. */
export class Judge {
  readonly #met = new Set<Deliberate>();

  /** Those that nothing in the table explains. */
  unexplained(of: string, differences: readonly Difference[]): Difference[] {
    return differences.filter((difference) => {
      const reasons = DELIBERATE.filter((one) => explains(one, of, difference));
      for (const one of reasons) this.#met.add(one);
      return reasons.length === 0;
    });
  }

  /** Lines of the table that nothing came up for. */
  unmet(): Deliberate[] {
    return DELIBERATE.filter((one) => !this.#met.has(one));
  }
}

function explains({ of, at, gateway }: Deliberate, name: string, difference: Difference): boolean {
  const said = difference.gateway === undefined ? '' : JSON.stringify(difference.gateway);
  return of.test(name) && at.test(difference.path) && (gateway === undefined || gateway.test(said));
}
