import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { agentFolders } from '../../scripts/demo.ts';
import { launchBrowser } from '../../scripts/host/browser.ts';
import { findDesktopVsCode, runDesktopSuite } from '../../scripts/host/desktop.ts';
import { installVsix, startVsCodeServer } from '../../scripts/host/vscodeServer.ts';
import { runSuite } from '../../scripts/host/window.ts';
import { packageVsix } from '../../scripts/packageVsix.ts';

/** The suite runs in the web host always, and in the desktop VS Code as well where there is one. */
const desktop = await findDesktopVsCode();

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

describe('the suite inside the extension host', () => {
  let folder: string;
  let suite: string;
  let env: Record<string, string>;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lockstep-suite-'));
    suite = join(folder, 'suite.cjs');
    await build({
      entryPoints: [join(ROOT, 'test', 'host', 'suite', 'extension.ts')],
      outfile: suite,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      external: ['vscode'],
      logLevel: 'error',
    });
    env = agentFolders(folder);
  });
  after(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

  it('holds for the VSIX, installed as people install it', async (t) => {
    const { path, bytes } = await packageVsix(join(folder, 'lockstep.vsix'));
    t.diagnostic(`VSIX: ${(bytes / 1024 / 1024).toFixed(2)} MiB`);
    const extensionsDir = join(folder, 'extensions');
    await installVsix(extensionsDir, path);
    const installed = (await readdir(extensionsDir)).find((name) => name.startsWith('lockstep.')) ?? '';
    const command = join(extensionsDir, installed, 'dist', 'cli.js');
    assert.match(
      execFileSync(process.execPath, [command, 'methods'], { encoding: 'utf8', env }),
      /sessions\.start/,
    );
    // The host wants an extension under development; the one under test is the installed one.
    const empty = join(folder, 'empty');
    await mkdir(empty);
    await writeFile(
      join(empty, 'package.json'),
      JSON.stringify({ name: 'empty', publisher: 'test', version: '0.0.1', engines: { vscode: '^1.123.0' } }),
    );
    const server = await startVsCodeServer({ extensionsDir, env, trust: true, smokeTestDriver: true });
    t.after(() => server.stop());
    const browser = await launchBrowser();
    t.after(() => browser.close());
    const { code, log } = await runSuite(browser, server, {
      folder,
      extensionDevelopmentPath: empty,
      extensionTestsPath: suite,
    });
    for (const line of log) t.diagnostic(line);
    assert.equal(code, 0, log.join('\n'));
  });

  if (desktop !== undefined) {
    it('holds in the desktop VS Code of this machine', async () => {
      const options = {
        vscodePath: desktop,
        extensionDevelopmentPath: ROOT,
        extensionTestsPath: suite,
        folder,
        env,
      };
      assert.equal(await runDesktopSuite(options), 0);
    });
  }
});
