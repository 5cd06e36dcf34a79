import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { RpcClient, RpcError } from '../support/rpcClient.ts';
import { tempFolder } from '../support/tempFolder.ts';
import { idsIn, normalised, type Ground } from './comparing.ts';
import { Gateway, sharedEnvironment } from './gateway.ts';
import type { Answer } from './gatewayClient.ts';
import { AGENTS, copyPeerStore, makePeerStore, readStore } from './peerStore.ts';

type Context = Pick<TestContext, 'after'>;

/** A folder with a state directory in it, and what works on it. */
export class Peer {
  readonly #context: Context;
  readonly #folder: string;
  /** Absolute path of the state directory. */
  readonly stateDir: string;

  private constructor(context: Context, folder: string) {
    this.#context = context;
    this.#folder = folder;
    this.stateDir = join(folder, 'state');
  }

  static async make(context: Context): Promise<Peer> {
    const folder = await tempFolder(context);
    await mkdir(join(folder, 'home'));
    await mkdir(join(folder, 'tmp'));
    const peer = new Peer(context, folder);
    await makePeerStore(peer.stateDir);
    return peer;
  }

  /** An equal state directory that the gateway of this one knows nothing of. */
  async copy(name: string): Promise<string> {
    const to = join(this.#folder, name);
    await copyPeerStore(this.stateDir, to);
    return to;
  }

  gateway(): Promise<Gateway> {
    return Gateway.start(this.#context, { stateDir: this.stateDir, folder: this.#folder });
  }

  /** `lockstep rpc --source openclaw:<state directory>` */
  lockstep(stateDir = this.stateDir): RpcClient {
    return new RpcClient(this.#context, join(this.#folder, 'lockstep'), {
      env: sharedEnvironment({ stateDir, folder: this.#folder }),
      args: ['--source', `openclaw:${stateDir}`],
    });
  }

  async ground(): Promise<Omit<Ground, 'stateDir'>> {
    const stores = await Promise.all(AGENTS.map((agent) => readStore(this.stateDir, agent)));
    return { began: Date.now(), ids: idsIn(JSON.stringify(stores)) };
  }
}

/** Lockstep's answer in the form of the gateway's. */
export async function answerOf(client: RpcClient, method: string, params: unknown): Promise<Answer> {
  try {
    return { ok: true, result: await client.request(method, params) };
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return { ok: false, code: String(error.code), message: error.message };
  }
}

/** The texts of errors name no place and no time. */
export function normalisedAnswer(answer: Answer, ground: Ground): Answer {
  return answer.ok ? { ok: true, result: normalised(answer.result, ground) } : answer;
}

/** All stores of a state directory, by agent. */
export async function storesOf(ground: Ground): Promise<unknown> {
  const stores = AGENTS.map(async (agent) => [agent, await readStore(ground.stateDir, agent)] as const);
  return normalised(Object.fromEntries(await Promise.all(stores)), ground);
}

/** All transcripts and archives of a state directory: by agent and name, the contents of all that have that name. */
export async function filesOf(ground: Ground): Promise<unknown> {
  const folders = AGENTS.map(async (agent) => {
    const folder = join(ground.stateDir, 'agents', agent, 'sessions');
    const names = (await readdir(folder)).filter((name) => name.includes('.jsonl'));
    const files = names.map(async (name) => {
      const text = await readFile(join(folder, name), 'utf8');
      return { name: String(normalised(name, ground)), text: normalised(text, ground) };
    });
    const named = Object.groupBy(await Promise.all(files), ({ name }) => name);
    const sorted = Object.entries(named).map(([name, some]) => [
      name,
      some?.map(({ text }) => text).toSorted(),
    ]);
    return [agent, Object.fromEntries(sorted)] as const;
  });
  return Object.fromEntries(await Promise.all(folders));
}
