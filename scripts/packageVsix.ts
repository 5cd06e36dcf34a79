import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const VSCE = createRequire(import.meta.url).resolve('@vscode/vsce/vsce');
/** The bound of DESIGN, section 13. */
const MOST_BYTES = 3 * 1024 * 1024;

/** Packs what is in dist/ into one VSIX for every platform. Gives its path; throws where it is over the bound. */
export async function packageVsix(
  out = join(ROOT, 'lockstep.vsix'),
): Promise<{ path: string; bytes: number }> {
  const args = [
    'package',
    '--no-dependencies',
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
    '--out',
    out,
  ];
  await promisify(execFile)(process.execPath, [VSCE, ...args], { cwd: ROOT });
  const { size } = await stat(out);
  if (size >= MOST_BYTES) throw new Error(`${out} has ${size} bytes; the bound is ${MOST_BYTES}`);
  return { path: out, bytes: size };
}

if (import.meta.main) {
  const { path, bytes } = await packageVsix();
  process.stdout.write(`${path}: ${(bytes / 1024 / 1024).toFixed(2)} MiB\n`);
}
