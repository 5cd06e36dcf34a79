import { compactTranscript } from '../../../../server/sources/openclaw/transcriptCompaction.ts';
import { NOW } from './stateDirectory.ts';

/**
 * Compacts the transcript that its first argument names to as many lines as its second says, and prints how
 * many it kept, and the most memory that this process had, in KiB.
 */
const [path = '', maxLines = '1'] = process.argv.slice(2);
const done = await compactTranscript(path, { maxLines: Number(maxLines), now: NOW, check: () => undefined });
process.stdout.write(JSON.stringify({ kept: done.kept, peakKiB: process.resourceUsage().maxRSS }));
