/** A text that somebody wrote to do harm where it is shown, or that does some by its size alone. */
export interface HostileText {
  readonly name: string;
  readonly text: string;
}

/** What a script of a transcript would do, if one ran: a dialog is seen, and so is the mark that it leaves. */
export const CANARY = 'window.pwned=1;alert(1)';

/** Names each by its beginning. */
export function hostileTexts(group: string, texts: readonly string[]): HostileText[] {
  return texts.map((text, index) => ({
    name: `${group} ${index + 1}: ${JSON.stringify(text.slice(0, 60))}`,
    text,
  }));
}
