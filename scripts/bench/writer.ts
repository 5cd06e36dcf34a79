import * as state from '../../server/domain/sessionState.ts';
import { systemClock } from '../../server/platform/clock.ts';
import { Counters } from '../../server/platform/counters.ts';
import { systemFileSystem } from '../../server/platform/fileSystem.ts';
import { SqliteSessionStore } from '../../server/store/sqliteSessionStore.ts';
import { StoreFile } from '../../server/store/storeFile.ts';

/** Appends to the sessions named in its arguments for some time, and prints how long each append took, in milliseconds. */
const [path = '', ms = '0', ...ids] = process.argv.slice(2);
const file = new StoreFile({ path, fileSystem: systemFileSystem, counters: new Counters() });
const store = new SqliteSessionStore(file, systemClock);
const times: number[] = [];
await store.get(ids[0] ?? '');
const end = performance.now() + Number(ms);
for (let run = 0; performance.now() < end; run++) {
  const id = ids[run % ids.length] ?? '';
  const begun = performance.now();
  await store.update(id, state.addEvent({ id, type: 'note', data: { run } }));
  times.push(performance.now() - begun);
}
file.close();
process.stdout.write(times.map((time) => time.toFixed(4)).join('\n'));
