// A program of its own, run by problems.test.ts: lists the sessions in a folder and asks for a page of one.
import { LockstepError } from '../../../server/domain/errors.ts';
import { claudeSource, listOf } from './reading.ts';

const [configDir = '', path = ''] = process.argv.slice(2);
const source = claudeSource(configDir);
const { sessions, total, problems } = await listOf(source);
const pageError = await source.page(path, { limit: 1 }).then(
  () => 'none',
  (error: unknown) => (error instanceof LockstepError ? `${error.code}: ${error.message}` : String(error)),
);
process.stdout.write(
  JSON.stringify({
    titles: sessions.map(({ title }) => title),
    total,
    problems: problems.map((problem) => ({ path: problem.path, message: problem.message })),
    pageError,
  }),
);
