/** Stands between characters that would be markup together, and is not drawn. */
const BREAK = '\u200b';

/**
 * Text from outside for places where VS Code makes links of `[words](target)` and of addresses, command links among
 * them: notifications, the prompts of input boxes, messages above views. What it reads as stays the same. Characters
 * that change the direction of what follows them are shown as what they are.
 */
export function plainText(text: string): string {
  return revealBidi(text).replaceAll('](', `]${BREAK}(`).replaceAll('://', `:${BREAK}//`);
}

/** Text from outside for lists where VS Code draws `$(name)` as an icon: one line, and read as it is written. */
export function listText(text: string): string {
  return oneLine(text).replaceAll('$(', `$${BREAK}(`);
}

/** Text from outside for places that are plain already, such as dialogs. */
export function oneLine(text: string): string {
  return revealBidi(text).replaceAll(/\s+/g, ' ');
}

/** Makes characters visible that change the order in which others are drawn ("Trojan source"). */
export function revealBidi(text: string): string {
  return text.replaceAll(
    /[\u202a-\u202e\u2066-\u2069]/g,
    (character) => `⟨U+${character.charCodeAt(0).toString(16).toUpperCase()}⟩`,
  );
}
