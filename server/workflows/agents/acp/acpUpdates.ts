import * as z from 'zod';
import type { Tokens } from '../../../protocol/session.ts';
import type { AgentEvent, AgentUsage } from '../agent.ts';
import { AnswerText } from '../streams/answerText.ts';
import { rawPart, usageEvents, usageOf } from '../streams/jsonDialect.ts';
import { MessagePieces } from '../streams/messagePieces.ts';
import { count, dollars, text, tokensOf } from '../streams/reported.ts';
import { AcpToolCalls, toolCallUpdate } from './acpToolCalls.ts';

const chunkUpdate = z.looseObject({
  sessionUpdate: z.enum(['agent_message_chunk', 'agent_thought_chunk']),
  content: z.looseObject({ type: z.string() }),
  messageId: text,
});

const otherUpdate = z.discriminatedUnion('sessionUpdate', [
  toolCallUpdate.extend({ sessionUpdate: z.enum(['tool_call', 'tool_call_update']) }),
  z.looseObject({
    sessionUpdate: z.literal('plan'),
    entries: z.array(z.looseObject({ content: z.string(), status: text })),
  }),
  z.looseObject({
    sessionUpdate: z.literal('usage_update'),
    used: count,
    cost: z.looseObject({ amount: dollars, currency: z.string() }).nullish().catch(undefined),
  }),
  z.looseObject({ sessionUpdate: z.literal('notice'), title: z.string(), description: text }),
  z.looseObject({ sessionUpdate: z.literal('current_mode_update'), currentModeId: z.string() }),
  // Our own prompt, and what a person at a prompt can choose from: there is none.
  z.looseObject({
    sessionUpdate: z.enum([
      'user_message_chunk',
      'available_commands_update',
      'config_option_update',
      'session_info_update',
    ]),
  }),
]);
type OtherUpdate = z.infer<typeof otherUpdate>;
type UsageUpdate = Extract<OtherUpdate, { sessionUpdate: 'usage_update' }>;

const params = z.looseObject({ update: z.looseObject({ sessionUpdate: z.string() }) });
const textContent = z.looseObject({ type: z.literal('text'), text: z.string() });
const linkContent = z.looseObject({ type: z.literal('resource_link'), uri: z.string() });

const promptUsage = z.looseObject({
  totalTokens: count,
  inputTokens: count,
  outputTokens: count,
  thoughtTokens: count,
  cachedReadTokens: count,
  cachedWriteTokens: count,
});

/** Makes events of the updates of one session, and keeps what its result needs. Throws at nothing. */
export class AcpUpdates {
  readonly #pieces = new MessagePieces();
  readonly #calls = new AcpToolCalls();
  #messageId: string | undefined;
  #answer = new AnswerText();
  #isHistory = false;
  /** Of the whole session, as last reported, and what of it is older than the prompt. */
  #costUsd: number | undefined;
  #costBefore = 0;
  #tokens: AgentUsage['tokens'];
  #saidCurrency = false;

  get answer(): { readonly output: string; readonly truncated?: true } {
    return this.#answer.tail();
  }

  get usage(): AgentUsage | undefined {
    const costUsd = this.#costUsd === undefined ? undefined : Math.max(0, this.#costUsd - this.#costBefore);
    return usageOf({ tokens: this.#tokens, costUsd, model: undefined });
  }

  /** While an earlier session is loaded, its history comes again: it is in the earlier iteration's record. */
  set isHistory(isHistory: boolean) {
    this.#isHistory = isHistory;
  }

  /** The prompt is sent: what comes from now on is of this iteration. */
  begin(): readonly AgentEvent[] {
    const events = this.#pieces.end();
    this.#answer = new AnswerText();
    this.#costBefore = this.#costUsd ?? 0;
    this.#tokens = undefined;
    return events;
  }

  /** The params of a `session/update`. */
  take(value: unknown): readonly AgentEvent[] {
    const outer = params.safeParse(value);
    if (!outer.success) return this.#isHistory ? [] : [rawPart(value)];
    const chunk = chunkUpdate.safeParse(outer.data.update);
    const other = otherUpdate.safeParse(outer.data.update);
    if (this.#isHistory) {
      if (other.data?.sessionUpdate === 'usage_update') this.#takeUsage(other.data);
      return [];
    }
    if (chunk.success) return this.#chunk(chunk.data);
    if (other.success)
      return this.#isAside(other.data)
        ? this.#other(other.data)
        : [...this.#pieces.end(), ...this.#other(other.data)];
    const kind = outer.data.update.sessionUpdate.slice(0, 100);
    const notice = `The agent sent an update that is not understood: ${kind}.`;
    return [...this.#pieces.end(), { type: 'notice', text: notice }, rawPart(outer.data.update)];
  }

  /** The answer to the prompt may say what it took. */
  takePromptUsage(value: unknown): readonly AgentEvent[] {
    const read = promptUsage.safeParse(value);
    if (!read.success) return [];
    const { totalTokens, inputTokens, outputTokens, thoughtTokens, cachedReadTokens, cachedWriteTokens } =
      read.data;
    const parts: Tokens | undefined = tokensOf({
      input: inputTokens,
      output: (outputTokens ?? 0) + (thoughtTokens ?? 0),
      cacheRead: cachedReadTokens,
      cacheWrite: cachedWriteTokens,
    });
    const total = totalTokens ?? parts?.total ?? 0;
    if (total === 0) return [];
    this.#tokens = { ...parts, total };
    return usageEvents(this.usage);
  }

  /** What is held back of a message that has not ended. */
  end(): readonly AgentEvent[] {
    return this.#pieces.end();
  }

  #chunk({ sessionUpdate, content, messageId }: z.infer<typeof chunkUpdate>): readonly AgentEvent[] {
    const role = sessionUpdate === 'agent_message_chunk' ? 'assistant' : 'thought';
    const isSame = this.#pieces.isOpenAs(role) && (messageId === undefined || messageId === this.#messageId);
    const before = isSame ? [] : this.#pieces.end();
    this.#messageId = messageId;
    const words = wordsOf(content);
    if (words === undefined) return [...before, rawPart(content)];
    if (role === 'assistant') {
      if (!isSame) this.#answer = new AnswerText();
      this.#answer.add(words);
    }
    return [...before, ...this.#pieces.add(role, words)];
  }

  /** Comes between the words of a message, and does not end it. */
  #isAside({ sessionUpdate }: OtherUpdate): boolean {
    return sessionUpdate === 'usage_update' || sessionUpdate.endsWith('commands_update');
  }

  #other(data: OtherUpdate): readonly AgentEvent[] {
    switch (data.sessionUpdate) {
      case 'tool_call':
      case 'tool_call_update':
        return this.#calls.take(data);
      case 'plan': {
        const marks: Readonly<Record<string, string>> = { completed: 'x', in_progress: '>' };
        const entries = data.entries.map(
          ({ content, status }) => `[${marks[status ?? ''] ?? ' '}] ${content}`,
        );
        return [{ type: 'notice', text: `The agent's plan:\n${entries.join('\n')}` }];
      }
      case 'usage_update':
        return this.#takeUsage(data);
      case 'notice':
        return [
          {
            type: 'notice',
            text: data.description === undefined ? data.title : `${data.title}: ${data.description}`,
          },
        ];
      case 'current_mode_update':
        return [{ type: 'notice', text: `The agent works in the mode ${data.currentModeId}.` }];
      case 'user_message_chunk':
      case 'available_commands_update':
      case 'config_option_update':
      case 'session_info_update':
        return [];
    }
  }

  #takeUsage({ used, cost }: UsageUpdate): readonly AgentEvent[] {
    // What is in the context now. The most of it is the least that the iteration took.
    if (used !== undefined && used > (this.#tokens?.total ?? 0)) this.#tokens = { total: used };
    const isUsd = cost?.currency.toUpperCase() === 'USD';
    if (isUsd) this.#costUsd = cost?.amount ?? this.#costUsd;
    const events = usageEvents(this.usage);
    if (cost === undefined || cost === null || isUsd || this.#saidCurrency) return events;
    this.#saidCurrency = true;
    const notice = `The agent reports its cost in ${cost.currency.slice(0, 20)}: a limit in US dollars does not see it.`;
    return [...events, { type: 'notice', text: notice }];
  }
}

function wordsOf(content: unknown): string | undefined {
  const words = textContent.safeParse(content);
  if (words.success) return words.data.text;
  const link = linkContent.safeParse(content);
  return link.success ? link.data.uri : undefined;
}
