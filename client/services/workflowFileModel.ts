import { workflowsRead, type Workflow } from '../../server/protocol/workflowMethods.ts';
import type { Call } from './call.ts';
import { compare } from './compare.ts';
import { ReadModel } from './readModel.ts';

/** A workflow file of this window's folders. */
export interface WorkflowFile {
  /** Absolute. */
  readonly path: string;
  /** What is in it; absent where it could not be read. */
  readonly workflow?: Workflow;
  /** Why it could not be read. */
  readonly error?: unknown;
}

/** The workflow files that a window knows, read as they are on disk. */
export class WorkflowFileModel extends ReadModel {
  readonly #call: Call;
  readonly #find: () => Promise<readonly string[]>;
  #files: ReadonlyMap<string, WorkflowFile> | undefined;
  #queued = false;

  /** `find` gives the paths of the files that there are. */
  constructor(call: Call, find: () => Promise<readonly string[]>) {
    super();
    this.#call = call;
    this.#find = find;
  }

  get isLoaded(): boolean {
    return this.#files !== undefined;
  }

  /** In the order of their paths. */
  get files(): readonly WorkflowFile[] {
    return [...(this.#files?.values() ?? [])];
  }

  get(path: string): WorkflowFile | undefined {
    return this.#files?.get(path);
  }

  /** Calls that come while one is waiting are one. */
  reload(): Promise<void> {
    if (this.#queued) return this.idle;
    this.#queued = true;
    return this.queue(async () => {
      this.#queued = false;
      const paths = [...new Set(await this.#find())].sort(compare);
      const files = await Promise.all(paths.map((path) => this.#read(path)));
      this.#files = new Map(files.map((file) => [file.path, file]));
    });
  }

  /** A file that cannot be read, or was deleted just now, hides no other. */
  async #read(path: string): Promise<WorkflowFile> {
    try {
      return { path, workflow: await this.#call(workflowsRead, { file: path }) };
    } catch (error) {
      return { path, error };
    }
  }
}
