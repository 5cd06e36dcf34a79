import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';

/** Another process that has a database open: runs each line of its input as SQL and answers `done`. */
const db = new DatabaseSync(process.argv[2] ?? '');
db.exec('PRAGMA wal_autocheckpoint = 0; SELECT count(*) FROM session_nodes');
process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  db.exec(line);
  process.stdout.write('done\n');
}
db.close();
