import type { WireError } from './error.ts';

/** An error as lines of plain text, for terminals and logs. */
export function errorAsText({ title, message, explanation, code, requestId }: WireError): string {
  return [
    `${title}: ${message}`,
    ...(explanation === undefined ? [] : [explanation]),
    `(${code}, request ${requestId})`,
  ].join('\n');
}

/** An error as markdown, for bug reports. */
export function errorAsMarkdown(error: WireError): string {
  const { title, message, explanation, code, requestId, details } = error;
  return [
    `### ${title}`,
    '',
    message,
    ...(explanation === undefined ? [] : ['', explanation]),
    '',
    `- Code: \`${code}\``,
    `- Request: \`${requestId}\``,
    '',
    '```json',
    JSON.stringify(details, null, 2),
    '```',
    '',
  ].join('\n');
}
