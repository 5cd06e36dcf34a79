/** The same for every way to write a folder: agents differ in a separator at the end, and in the case of a drive. */
export function folderKey(path: string): string {
  const trimmed = /[/\\]$/.test(path) ? path.replace(/(?<=[^/\\:])[/\\]+$/, '') : path;
  return /^[A-Z]:/.test(trimmed) ? trimmed.charAt(0).toLowerCase() + trimmed.slice(1) : trimmed;
}

/** Whether a folder is the other one, or below it. */
export function isWithin(folder: string, root: string): boolean {
  const [inner, outer] = [folderKey(folder), folderKey(root)];
  if (inner === outer) return true;
  if (/[/\\]$/.test(outer)) return inner.startsWith(outer);
  return inner.startsWith(`${outer}/`) || inner.startsWith(`${outer}\\`);
}

/** The last part of a path; all of it for a root. */
export function folderName(folder: string): string {
  return /[^/\\]+$/.exec(folderKey(folder))?.[0] ?? folder;
}

/** Where a folder is. */
export function folderPlace(folder: string): string {
  const key = folderKey(folder);
  return key.slice(0, key.length - folderName(key).length).replace(/(?<=[^/\\:])[/\\]+$/, '');
}
