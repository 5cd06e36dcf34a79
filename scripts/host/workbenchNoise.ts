import type { ConsoleMessage } from 'playwright-core';

/** Whether every window of this host says this, whatever is tested in it. */
export function isWorkbenchNoise(text: string): boolean {
  return NOISE.some((pattern) => pattern.test(text));
}

/** The same for the page's console, where a failed request is known only by its address. */
export function isPageNoise(message: ConsoleMessage): boolean {
  return isWorkbenchNoise(message.text()) || UNSERVED.test(message.location().url);
}

/** Parts of VS Code that code-server leaves out; the page asks for them and does without. */
const UNSERVED = /\/(vsda(_bg)?\.(js|wasm)|serviceWorker\.js|update\/check)$/;

const NOISE: readonly RegExp[] = [
  /\[Service Worker\] registration/,
  /when fetching the script\.$/,
  /authentication provider .*timed out|timed out waiting for authentication provider/i,
  /^(Resolving|Resolved) connection token/,
  /^Creating a socket \(/,
  /^\[reconnection-grace-time\]/,
  /^Ignoring fetching additional builtin extensions/,
  /^\[(AgentHost|AccountPolicyGate|DefaultAccount)/,
  /^Canceled: Canceled/,
];
