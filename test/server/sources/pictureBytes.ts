/** The beginning of a file of each format that is shown, and of some that are not; in base64. */
export const PNG = base64('\x89PNG\r\n\x1A\n and so on');
export const JPEG = base64('\xFF\xD8\xFF\xE0 and so on');
export const GIF = base64('GIF89a and so on');
export const WEBP = base64('RIFF\x20\0\0\0WEBPVP8 and so on');
export const SVG = base64('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>');

export function base64(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('base64');
}
