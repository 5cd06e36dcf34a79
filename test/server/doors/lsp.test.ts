import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type ProtocolConnection,
} from 'vscode-languageserver-protocol/node';
import { wireError } from '../../../server/protocol/error.ts';
import { session } from '../../../server/protocol/session.ts';
import { tempFolder, type Ending } from '../../support/tempFolder.ts';

const MAIN = fileURLToPath(new URL('../../../server/main.ts', import.meta.url));

/** A real server process, spoken to over its real streams. */
async function connect(t: Ending, home: string) {
  const child = spawn(process.execPath, [MAIN], {
    env: {
      ...process.env,
      LOCKSTEP_HOME: home,
      CLAUDE_CONFIG_DIR: `${home}/claude`,
      PI_CODING_AGENT_DIR: `${home}/pi`,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const connection = createProtocolConnection(
    new StreamMessageReader(child.stdout),
    new StreamMessageWriter(child.stdin),
  );
  connection.listen();
  const initialized: unknown = await connection.sendRequest('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: {},
  });
  await connection.sendNotification('initialized', {});
  return { child, connection, initialized };
}

/** One for all calls that leave it running. */
const server = await connect({ after }, await tempFolder({ after }));

const notification = (connection: ProtocolConnection, method: string) =>
  new Promise<unknown>((resolve) => void connection.onNotification(method, resolve));

describe('the LSP door', () => {
  it('says who it is, and has every method under lockstep/', async () => {
    const { connection, initialized } = server;
    assert.match(JSON.stringify(initialized), /"name":"lockstep","version":"\d/);
    const started = session.parse(
      await connection.sendRequest('lockstep/sessions.start', { task: 't', mode: 'm' }),
    );
    const read: unknown = await connection.sendRequest('lockstep/sessions.get', { id: started.id });
    assert.deepEqual(session.parse(read), started);
  });

  it('gives errors with the wire error as data', async () => {
    const { connection } = server;
    await assert.rejects(
      connection.sendRequest('lockstep/sessions.get', { id: 'no-such' }),
      (error: { code: number; data: unknown }) => {
        assert.equal(error.code, -32000);
        assert.equal(wireError.parse(error.data).code, 'SESSION_NOT_FOUND');
        return true;
      },
    );
  });

  it('tells of every change, with the revision', async (t) => {
    const { connection } = await connect(t, await tempFolder(t));
    const told = notification(connection, 'lockstep/didChange');
    const { revision } = session.parse(
      await connection.sendRequest('lockstep/sessions.start', { task: 't', mode: 'm' }),
    );
    assert.deepEqual(await told, { revision });
  });

  it('ends when its client says so', async (t) => {
    const { child, connection } = await connect(t, await tempFolder(t));
    await connection.sendRequest('shutdown');
    const closed = once(child, 'exit');
    await connection.sendNotification('exit');
    await closed;
    assert.equal(child.exitCode, 0);
  });

  it('ends when its client is gone', async (t) => {
    const { child, connection } = await connect(t, await tempFolder(t));
    connection.dispose();
    const closed = once(child, 'exit');
    child.stdin.destroy();
    await closed;
    assert.notEqual(child.exitCode, null);
  });
});
