// eslint-disable-next-line no-control-regex -- terminal output begins its sequences with a control character
const terminalSequence = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/** What a program wrote to a terminal, without colours and cursor movements. */
export function withoutTerminalSequences(text: string): string {
  return text.includes('\u001b') ? text.replaceAll(terminalSequence, '') : text;
}

/** A value as indented JSON; a text is that text. */
export function jsonText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined ? '' : JSON.stringify(value, null, 2);
}
