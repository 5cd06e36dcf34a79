import { workflowsRead, type Workflow } from '../../server/protocol/workflowMethods.ts';
import type { Call } from './call.ts';
import { compare } from './compare.ts';
import { ReadModel } from './readModel.ts';

/** More than anybody has; a folder of a million files is not to fill the view. */
export const MOST_FILES = 500;

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
  readonly #find: (most: number) => Promise<readonly string[]>;
  #hasMore = false;
  #files: ReadonlyMap<string, WorkflowFile> | undefined;
  #queued = false;

  /** `find` gives the paths of the files that there are, at most so many. */
  constructor(call: Call, find: (most: number) => Promise<readonly string[]>) {
    super();
    this.#call = call;
    this.#find = find;
  }

  get isLoaded(): boolean {
    return this.#files !== undefined;
  }

  /** Whether there are more than are known. */
  get hasMore(): boolean {
    return this.#hasMore;
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
      const found = [...new Set(await this.#find(MOST_FILES + 1))].sort(compare);
      const paths = found.slice(0, MOST_FILES);
      const files = await Promise.all(paths.map((path) => this.#read(path)));
      this.#hasMore = found.length > paths.length;
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
