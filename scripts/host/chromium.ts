import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { cacheEntry } from './cacheDir.ts';
import { run } from './subprocess.ts';

export interface BundledChromium {
  readonly executablePath: string;
  /** For the browser alone: other programs must not pick up these libraries and fonts. */
  readonly env: Readonly<Record<string, string>>;
}

const UNPACK_LIMIT_MS = 2 * 60_000;

/** The Chromium inside the npm package @sparticuz/chromium, unpacked once with the libraries and fonts it needs. */
export async function bundledChromium(): Promise<BundledChromium> {
  const version = await packageVersion();
  const folder = await cacheEntry(
    `chromium-${version}-${process.platform}-${process.arch}`,
    async (entry, final) => {
      process.stderr.write(`Unpacking Chromium (@sparticuz/chromium ${version}), about 5 s...\n`);
      await unpack(entry);
      await cp(join(packageRoot('dejavu-fonts-ttf/package.json', '.'), 'ttf'), join(entry, 'dejavu'), {
        recursive: true,
      });
      await writeFile(join(entry, 'fonts.conf'), fontsConf(final));
      await mkdir(join(entry, 'fontconfig'));
    },
  );
  return {
    executablePath: join(folder, 'chromium'),
    env: {
      LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'),
      FONTCONFIG_FILE: join(folder, 'fonts.conf'),
    },
  };
}

/**
 * In a process of its own, because the package reads both variables while it is imported. The second makes it unpack
 * the system libraries as well (libnss3 and others), which a bare system lacks.
 */
async function unpack(folder: string): Promise<void> {
  const script =
    'const { default: chromium } = await import(process.argv[1]); await chromium.executablePath();';
  await run(process.execPath, ['--input-type=module', '--eval', script, import.meta.resolve(PACKAGE)], {
    env: { ...process.env, TMPDIR: folder, AWS_LAMBDA_JS_RUNTIME: 'nodejs24.x' },
    timeoutMs: UNPACK_LIMIT_MS,
  });
}

const PACKAGE = '@sparticuz/chromium';

async function packageVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(
    await readFile(join(packageRoot(PACKAGE, '../..'), 'package.json'), 'utf8'),
  );
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) {
    return String(manifest.version);
  }
  throw new Error(`The package.json of ${PACKAGE} has no version`);
}

/** `up` leads from what the specifier resolves to back to the package's root. */
function packageRoot(specifier: string, up: string): string {
  return join(dirname(fileURLToPath(import.meta.resolve(specifier))), up);
}

/**
 * DejaVu, because the package's own Open Sans has neither a monospace face nor symbols; and only DejaVu, because a
 * picture should not depend on the fonts of the machine. The last rule makes it the fallback of every family:
 * with aliases alone the workbench is drawn in a serif face.
 */
function fontsConf(folder: string): string {
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${join(folder, 'dejavu')}</dir>
  <cachedir>${join(folder, 'fontconfig')}</cachedir>
  <alias binding="same">
    <family>monospace</family>
    <prefer><family>DejaVu Sans Mono</family></prefer>
  </alias>
  <match target="pattern">
    <edit name="family" mode="append_last" binding="weak"><string>DejaVu Sans</string></edit>
  </match>
</fontconfig>
`;
}
