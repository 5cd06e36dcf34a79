const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'mailto:']);

/**
 * The address that a link of a transcript may open, in its one form; undefined for any other link: of those, some run
 * commands of the editor or programs of the system.
 */
export function webLink(href: string): string | undefined {
  const url = URL.parse(href);
  return url !== null && SCHEMES.has(url.protocol) ? url.href : undefined;
}
