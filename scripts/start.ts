import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkDemo } from './checkDemo.ts';
import { makeDemo } from './demo.ts';
import { findDesktopVsCode, openDesktop } from './host/desktop.ts';
import { installVsix, startVsCodeServer } from './host/vscodeServer.ts';
import { packageVsix } from './packageVsix.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const say = (line: string) => process.stdout.write(`${line}\n`);

const { values } = parseArgs({
  options: {
    check: { type: 'boolean', default: false },
    pictures: { type: 'string', default: join(ROOT, 'dist', 'screenshots') },
    theme: { type: 'string', default: 'Dark Modern' },
  },
});

const folder = await mkdtemp(join(tmpdir(), 'lockstep-demo-'));
try {
  const demo = await makeDemo(folder);
  const desktop = values.check ? undefined : await findDesktopVsCode();
  if (desktop === undefined) await inBrowser(demo);
  else await onDesktop(desktop, demo);
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

type Demo = Awaited<ReturnType<typeof makeDemo>>;

/** The packaged extension in VS Code's web server: what people get, notifications included. */
async function inBrowser({ workspace, env }: Demo): Promise<void> {
  const extensionsDir = join(folder, 'extensions');
  const { path } = await packageVsix(join(folder, 'lockstep.vsix'));
  await installVsix(extensionsDir, path);
  const server = await startVsCodeServer({
    extensionsDir,
    env,
    trust: true,
    smokeTestDriver: false,
    userSettings: {
      'workbench.colorTheme': values.theme,
      // What is in a picture is not to depend on how long it took.
      ...(values.check ? { 'lockstep.locks.warnAfterMs': 0 } : {}),
    },
  });
  try {
    if (values.check) {
      const { firstRow, activation } = await checkDemo(server, workspace, values.pictures);
      say(`Lockstep opens, shows its sessions and a transcript. Pictures: ${values.pictures}`);
      say(`From opening the window to the first row of the list: ${Math.round(firstRow)} ms`);
      say(`Activation, as VS Code measured it: ${activation} ms`);
    } else {
      say(`Lockstep is at ${server.url}/?folder=${encodeURIComponent(workspace)}`);
      say('Open it in a browser and click the Lockstep icon in the activity bar. Ctrl+C ends it.');
      await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
    }
  } finally {
    await server.stop();
  }
}

async function onDesktop(vscodePath: string, { workspace, env }: Demo): Promise<void> {
  const window = await openDesktop({
    vscodePath,
    folder: workspace,
    extensionDevelopmentPath: ROOT,
    userDataDir: join(folder, 'user'),
    env,
  });
  say('Lockstep is in the VS Code window that has just opened. Ctrl+C closes it.');
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await window.stop();
}
