import { basename } from 'node:path/posix';
import { join, resolve } from 'node:path';
import { mapBounded } from '../../platform/concurrency.ts';
import { watchFolders } from '../../platform/watch.ts';
import type { SourceSession } from '../../protocol/sourceSession.ts';
import { openForReading, type OpenFile } from '../jsonl/readableFile.ts';
import { createRowReader, type Row } from '../jsonl/rows.ts';
import { scanFolder, SESSION_SUFFIX } from '../jsonl/sessionFiles.ts';
import { readSessionPage, readSessionPicture } from '../jsonl/sessionPage.ts';
import { readTrees } from '../jsonl/sessionTrees.ts';
import { newestFirst } from '../newestFirst.ts';
import type { SessionSource, SourceListing } from '../source.ts';
import { piImages, piItems } from './items.ts';
import { piFacts, rowOfFile, type PiFacts } from './listing.ts';
import { parsePiRecord } from './schema.ts';

export interface PiOptions {
  /** Absolute path of pi's folder: {@link piAgentDir}. */
  readonly agentDir: string;
  readonly open?: OpenFile;
}

const KIND = 'pi';
const FOLDERS_AT_ONCE = 8;

/** `$PI_CODING_AGENT_DIR`, `~/.pi/agent` if unset. */
export function piAgentDir(env: NodeJS.ProcessEnv, home: string): string {
  const set = env['PI_CODING_AGENT_DIR'];
  return set === undefined || set === '' ? join(home, '.pi', 'agent') : resolve(set);
}

export function createPiSource({ agentDir, open = openForReading }: PiOptions): SessionSource {
  const root = join(agentDir, 'sessions');
  const rows = createRowReader(open, parsePiRecord, piFacts);
  const format = { parse: parsePiRecord, items: piItems, images: piImages };

  return {
    kind: KIND,
    label: 'pi',
    root,
    async list(limit): Promise<SourceListing> {
      const top = await scanFolder(root, '');
      const folders = await mapBounded(top.folders, FOLDERS_AT_ONCE, (folder) => scanFolder(root, folder));
      const scans = [top, ...folders];
      const files = scans.flatMap((scan) => scan.files);
      const trees = files.map((parent) => ({ parent, children: [] }));
      const listing = await readTrees(trees, limit, rows);
      rows.keepOnly(files);
      const problems = [...scans.flatMap((scan) => scan.problems), ...listing.problems];
      return {
        sessions: listing.trees.map(({ parent }) => sessionOf(parent)).sort(newestFirst),
        total: listing.total,
        problems: problems.map(({ path, message }) => ({ source: KIND, path, message })),
      };
    },
    page: (path, query) => readSessionPage({ kind: KIND, root, open }, path, query, format),
    image: (path, query) => readSessionPicture({ kind: KIND, root, open }, path, query, format),
    watch: (onChange) => watchFolders([{ path: root, depth: 1 }], onChange),
  };
}

function sessionOf(row: Row<PiFacts>): SourceSession {
  const { file, facts } = row;
  const name = basename(file.path, SESSION_SUFFIX);
  return {
    ...rowOfFile(KIND, row),
    // Files are named `<time>_<id>`.
    id: facts.id ?? name.slice(name.lastIndexOf('_') + 1),
    resume: { program: 'pi', args: ['--session', file.absolutePath], cwd: facts.cwd },
  };
}
