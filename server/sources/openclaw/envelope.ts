/** The channels that write an envelope before what a person said, as they write their own names. */
const CHANNELS =
  /^(?:WebChat|WhatsApp|Telegram|Signal|Slack|Discord|Google ?Chat|iMessage|BlueBubbles|(?:MS|Microsoft )?Teams|Matrix|Mattermost|Zalo|LINE|IRC|Feishu|Nostr|Twitch)(?: |$)/;
const DATE_AND_TIME = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d/;

/** `[Telegram Alice 2026-01-02 10:00 UTC] hello` without what the channel put before it. */
export function withoutEnvelope(text: string): string {
  const [whole, inside = ''] = /^\[([^\]]{1,2000})\]\s*/.exec(text) ?? [];
  if (whole === undefined || whole.length === text.length) return text; // somebody who writes just that
  return CHANNELS.test(inside) || DATE_AND_TIME.test(inside) ? text.slice(whole.length) : text;
}
