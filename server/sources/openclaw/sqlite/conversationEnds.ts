import { messagesIn, textsOf, type OpenclawMessage } from '../messages.ts';
import { withoutEnvelope } from '../envelope.ts';
import { endsOf, headerOf, type EndsOfTranscript } from '../titles.ts';
import type { AgentDatabase } from './agentDatabase.ts';
import { conversationOf, eventText, firstSeqOf, placesOf, resetOf, type Conversation } from './events.ts';

const FIRST_MESSAGES = 10;
const LAST_MESSAGES = 20;
/** The most that is read of one session for a list, and for a preview. */
const MAX_LIST_BYTES = 256 * 1024;
const MAX_PREVIEW_BYTES = 1024 * 1024;

/** What a list shows of a session's conversation, since it began anew; undefined where there is no event. */
export function readConversationEnds(db: AgentDatabase, sessionId: string): EndsOfTranscript | undefined {
  const conversation = conversationOf(db, sessionId);
  const first = conversation === undefined ? undefined : firstSeqOf(conversation);
  if (conversation === undefined || first === undefined) return undefined;
  const header = eventText(conversation, first, MAX_LIST_BYTES);
  const head = messages(conversation, false, FIRST_MESSAGES, MAX_LIST_BYTES, isAsked);
  const tail = messages(conversation, true, LAST_MESSAGES, MAX_LIST_BYTES, isSaid).toReversed();
  const ends = endsOf(head, tail);
  return {
    ...ends,
    firstUserText: ends.firstUserText === undefined ? undefined : withoutEnvelope(ends.firstUserText),
    ...headerOf(typeof header === 'string' ? header : undefined),
    damagedLines: 0,
  };
}

/** The last `limit` messages of a conversation since it began anew, in their order. */
export function lastMessages(db: AgentDatabase, sessionId: string, limit: number): OpenclawMessage[] {
  const conversation = conversationOf(db, sessionId);
  if (conversation === undefined) return [];
  return messages(conversation, true, limit, MAX_PREVIEW_BYTES, () => false).toReversed();
}

function isAsked(message: OpenclawMessage): boolean {
  return message.role === 'user' && textsOf(message).length > 0;
}

function isSaid(message: OpenclawMessage): boolean {
  return isAsked(message) || (message.role === 'assistant' && textsOf(message).length > 0);
}

/** From one end, until there are enough, they get too large, or the one that is looked for is there. */
function messages(
  conversation: Conversation,
  isBackward: boolean,
  limit: number,
  maxBytes: number,
  isEnough: (message: OpenclawMessage) => boolean,
): OpenclawMessage[] {
  const { isBranch } = conversation;
  const found: OpenclawMessage[] = [];
  let left = maxBytes;
  const places = placesOf(conversation, {
    from: resetOf(conversation) + 1,
    before: Number.MAX_SAFE_INTEGER,
    isBackward,
    // Of a branch it is known which are messages.
    limit: isBranch ? limit : limit * 4,
    messagesOnly: true,
  });
  for (const { seq, bytes } of places) {
    left -= bytes;
    if (left < 0 || found.length === limit) break;
    const text = eventText(conversation, seq, maxBytes);
    const [message] = typeof text === 'string' ? messagesIn([text]) : [];
    if (message === undefined) continue;
    found.push(message);
    if (isEnough(message)) break;
  }
  return found;
}
