import type { OpenclawKind } from '../../protocol/openclawMethods.ts';

/** The agent that there always is. */
export const DEFAULT_AGENT = 'main';

/** An agent's id as OpenClaw forms it: what it is called in keys, and what its folder is called. Safe in a path. */
export function agentIdFrom(name: string): string {
  const id = name
    .trim()
    .toLowerCase()
    .slice(0, 64)
    .replaceAll(/[^a-z0-9_-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return id === '' ? DEFAULT_AGENT : id;
}

/**
 * The one form of a key: `agent:<agent>:<rest>`, in lower case; `global` and `unknown` belong to no agent and stay
 * bare. `main` and the configured main key are names of the agent's main session.
 */
export function canonicalKey(key: string, agentId: string, mainKey: string = 'main'): string {
  const name = key.trim().toLowerCase();
  if (name === 'global' || name === 'unknown') return name;
  const own = partsOf(name);
  if (own !== undefined) return own.rest === mainKey ? `agent:${own.agent}:main` : name;
  if (name.startsWith('agent:')) return name; // cut short, but not ours to complete
  return name === mainKey ? `agent:${agentId}:main` : `agent:${agentId}:${name}`;
}

/** The agent that a canonical key names; undefined for `global`, `unknown` and what names none. */
export function agentIdOf(key: string): string | undefined {
  const own = partsOf(key);
  return own === undefined ? undefined : agentIdFrom(own.agent);
}

/** The agent in whose store a canonical key is kept. */
export function storeAgentOf(key: string, defaultAgent: string): string {
  return agentIdOf(key) ?? defaultAgent;
}

/** What a canonical key and the entry's chat type say a session is. Cron, sub-agents and web chats are `direct`. */
export function kindOf(key: string, chatType: string | undefined): OpenclawKind {
  if (key === 'global' || key === 'unknown') return key;
  const isGroup =
    chatType === 'group' || chatType === 'channel' || key.includes(':group:') || key.includes(':channel:');
  return isGroup ? 'group' : 'direct';
}

/** Whether a canonical key is that of a session which another one began. */
export function isSpawned(key: string): boolean {
  return /^(?:subagent|acp):/.test(partsOf(key)?.rest ?? key);
}

/** One run of a cron job: it shares its job's session, and is hidden wherever sessions are listed. */
export function isCronRun(key: string): boolean {
  return /^cron:[^:]+:run:[^:]+$/.test(partsOf(key)?.rest ?? key);
}

/** The channel and the id in the key of a group, such as `agent:main:telegram:group:-100`. */
export function groupOf(key: string): { channel: string; id: string } | undefined {
  const [channel, kind, ...id] = (partsOf(key)?.rest ?? '').split(':');
  if (channel === undefined || channel === '' || (kind !== 'group' && kind !== 'channel')) return undefined;
  return { channel, id: id.join(':') };
}

function partsOf(key: string): { agent: string; rest: string } | undefined {
  if (!key.startsWith('agent:')) return undefined;
  const end = key.indexOf(':', 'agent:'.length);
  if (end <= 'agent:'.length || end === key.length - 1) return undefined;
  return { agent: key.slice('agent:'.length, end), rest: key.slice(end + 1) };
}
