import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentFolders } from '../demo.ts';
import { launchBrowser } from '../host/browser.ts';
import { probeScript } from '../host/transcriptProbe.ts';
import { installVsix, startVsCodeServer } from '../host/vscodeServer.ts';
import { openWindow } from '../host/window.ts';
import { packageVsix } from '../packageVsix.ts';
import { memoryOf } from './processMemory.ts';
import { figuresOf, table, type Figures } from './measure.ts';
import { makeTranscript, type SampleTranscript } from './sampleTranscript.ts';
import {
  appending,
  firstPaints,
  findsByCalls,
  findsInPanel,
  scrolls,
  scrollsOfThePage,
} from './transcriptFigures.ts';

/*
 * Transcripts in the packaged extension, in a real VS Code. The transcripts are made anew each time, which takes 1.4 GB
 * of disk, unless LOCKSTEP_BENCH_TRANSCRIPTS names a folder for them: there they are kept.
 */

const MB = 1_000_000;
const SAMPLES = {
  huge: { title: 'One gigabyte', sessionId: '5d0c3f52-0000-4000-8000-000000000001', bytes: 1000 * MB },
  large: { title: 'A hundred megabytes', sessionId: '5d0c3f52-0000-4000-8000-000000000002', bytes: 100 * MB },
  long: {
    title: 'A hundred thousand items',
    sessionId: '5d0c3f52-0000-4000-8000-000000000003',
    items: 100_000,
  },
  growing: { title: 'It grows', sessionId: '5d0c3f52-0000-4000-8000-000000000004', bytes: 10 * MB },
} satisfies Record<string, SampleTranscript>;

const say = (words: string) => process.stdout.write(`${words}\n`);

const folder = await mkdtemp(join(process.env['LOCKSTEP_BENCH_DIR'] ?? tmpdir(), 'lockstep-bench-'));
try {
  say(
    `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model.trim()}, load ${loadavg()[0]?.toFixed(1)}\n`,
  );
  const claude = process.env['LOCKSTEP_BENCH_TRANSCRIPTS'] ?? join(folder, 'claude');
  const env = { ...agentFolders(folder), CLAUDE_CONFIG_DIR: claude };
  const pathOf = ({ sessionId }: SampleTranscript) =>
    join(claude, 'projects', '-home-dev-projects-shop', `${sessionId}.jsonl`);
  // What grew in the run before is not what it was.
  await rm(pathOf(SAMPLES.growing), { force: true });
  for (const sample of Object.values(SAMPLES)) {
    const { bytes } = makeTranscript(pathOf(sample), sample);
    say(`${sample.title}: ${(bytes / MB).toFixed(0)} MB`);
  }
  say('');
  say(table('Find through the server, in 100 MB; bound 2 s', await findsByCalls(env, SAMPLES.large.title)));
  say(
    table(
      "Scroll over 100,000 items, the panel's page by itself; bound: no task over 50 ms",
      await scrollsOfThePage(env, SAMPLES.long.title),
    ),
  );
  await inVsCode(env, pathOf(SAMPLES.growing));
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
}

async function inVsCode(env: NodeJS.ProcessEnv, growingPath: string): Promise<void> {
  const extensionsDir = join(folder, 'extensions');
  const workspace = join(folder, 'workspace');
  await mkdir(workspace);
  const { path } = await packageVsix(join(folder, 'lockstep.vsix'));
  await installVsix(extensionsDir, path);
  const server = await startVsCodeServer({ extensionsDir, env, trust: true, smokeTestDriver: false });
  const browser = await launchBrowser();
  try {
    const { workbench } = await openWindow(browser, server, {
      folder: workspace,
      initScript: await probeScript(),
    });
    await workbench.sidebar.open('Lockstep');
    await workbench.sidebar.row(SAMPLES.huge.title).waitFor();
    await workbench.sidebar.whenStill('Sessions');
    const memory: Figures[] = [];
    const after = async (title: string, rows: Promise<readonly Figures[]>) => {
      say(table(title, await rows));
      const { now, peak } = await memoryOf(extensionsDir, 'server.js');
      memory.push({
        ...figuresOf(`after: ${title}`, []),
        note: `${now.toFixed(0)} MiB, at most ${peak.toFixed(0)}`,
      });
    };
    const { huge, large, long, growing } = SAMPLES;
    await after('First paint of 1 GB; bound 500 ms', firstPaints(workbench, huge.title));
    await after('Find in the panel, in 100 MB; bound 2 s', findsInPanel(workbench, large.title));
    await after('Scroll over 100,000 items, in VS Code', scrolls(workbench, long.title));
    await after(
      '100 answers appended a second, for 20 s',
      appending(workbench, { ...growing, path: growingPath }),
    );
    say("### The server's memory; bound 200 MB\n");
    for (const { name, note } of memory) say(`- ${name}: ${note}`);
  } finally {
    await browser.close();
    await server.stop();
  }
}
