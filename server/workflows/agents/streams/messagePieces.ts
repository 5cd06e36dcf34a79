import { MAX_EVENT_TEXT, type AgentEvent } from '../agent.ts';

type Role = Extract<AgentEvent, { type: 'message' }>['role'];

/**
 * Puts a message together that comes word by word, so that a reader meets messages and not words. It is told when
 * something else comes after it, or when it is as long as an event may be.
 */
export class MessagePieces {
  #role: Role | undefined;
  #text = '';

  /** Whether a message has begun, and nothing came after it. */
  get isOpen(): boolean {
    return this.#role !== undefined;
  }

  isOpenAs(role: Role): boolean {
    return this.#role === role;
  }

  /** What is told now: the message before, where it was another's, and this one as far as it is too long. */
  add(role: Role, text: string): readonly AgentEvent[] {
    const before = this.isOpenAs(role) ? [] : this.end();
    this.#role = role;
    this.#text += text;
    if (this.#text.length < MAX_EVENT_TEXT) return before;
    const full = this.#text;
    this.#text = '';
    return [...before, { type: 'message', role, text: full }];
  }

  /** The message is through. */
  end(): readonly AgentEvent[] {
    const [role, text] = [this.#role, this.#text];
    this.#role = undefined;
    this.#text = '';
    return role === undefined || text === '' ? [] : [{ type: 'message', role, text }];
  }
}
