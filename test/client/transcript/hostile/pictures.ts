import { CANARY } from './hostileText.ts';

interface Picture {
  readonly mediaType: string;
  readonly data: string;
}

const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64');
const svg = `<svg xmlns="http://www.w3.org/2000/svg" onload="${CANARY}"><script>${CANARY}</script><image href="https://evil.test/x.png"/></svg>`;
const page = `<!DOCTYPE html><script>${CANARY}</script><img src="https://evil.test/x.png">`;

/** The head of a PNG that says how large it is, and no more. */
function pngHead(width: number, height: number): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
  const view = new DataView(bytes.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  bytes.set([8, 6, 0, 0, 0], 24);
  return bytes;
}

/** Bytes that are not what they are said to be, and kinds that are no picture's. */
export const hostilePictures: readonly Picture[] = [
  { mediaType: 'image/png', data: base64(svg) },
  { mediaType: 'image/svg+xml', data: base64(svg) },
  { mediaType: 'image/png;image/svg+xml', data: base64(svg) },
  { mediaType: 'IMAGE/SVG+XML', data: base64(svg) },
  { mediaType: 'text/html', data: base64(page) },
  { mediaType: 'image/gif', data: base64(page) },
  { mediaType: 'image/png"><script>window.pwned=1</script>', data: base64(page) },
  { mediaType: 'image/jpeg', data: '%%% not base64 %%%' },
  { mediaType: 'image/webp', data: '' },
  { mediaType: 'image/png', data: base64(pngHead(1, 1)) },
  { mediaType: 'image/png', data: base64(pngHead(0x7fffffff, 0x7fffffff)) },
  { mediaType: 'image/png', data: base64(pngHead(0, 0)) },
  { mediaType: 'image/gif', data: base64(new Uint8Array(4 * 1024 * 1024).fill(0xff)) },
  { mediaType: '', data: base64(page) },
  { mediaType: '__proto__', data: base64(page) },
];
