import type { MigrationItem } from '../protocol/migrationMethods.ts';
import type { MigratedFrom } from './migratedFrom.ts';
import type { ReadSession } from './migrationSource.ts';

/** Whence a session comes; with the migration and the checksum it becomes {@link MigratedFrom}. */
export type Origin = Omit<MigratedFrom, 'migration' | 'digest'>;

/** What would become of a session. */
export type Look = Pick<MigrationItem, 'to' | 'state' | 'conflict'>;

/** A session that is about to be written. */
export interface Prepared {
  readonly key: string;
  readonly to: string;
  /** Of what is written. */
  readonly digest: string;
  /** Absolute path of the transcript, where there is one. */
  readonly file: string | undefined;
}

/** A session that was written, as its manifest tells. */
export interface Written {
  readonly to: string;
  readonly digest: string;
  readonly file: string | undefined;
}

/** Where sessions are migrated to. */
export interface MigrationTarget<P extends Prepared = Prepared> {
  /** Files that a migration changes, absolute: a backup holds them too. */
  readonly files: readonly string[];
  /** Called before each part. @throws LockstepError where nothing may be written */
  open(): Promise<void>;
  look(read: ReadSession, origin: Origin): Promise<Look>;
  /** Sentences for a plan: what becomes another with a session that is new. */
  remarks(read: ReadSession, to: string): Promise<string[]>;
  /** Whether a session of this origin is there, by what stands in the target alone. */
  has(to: string, origin: Pick<Origin, 'format' | 'path' | 'key' | 'sha256'>): Promise<boolean>;
  /** @param parent the target's name of the session whose sub-agent it is */
  prepare(read: ReadSession, origin: Origin, look: Look, migration: string, parent: string | undefined): P;
  /** All in one step, as far as the target has such. What is there already is left as it is. */
  write(prepared: readonly P[]): Promise<readonly { readonly to: string; readonly problem?: string }[]>;
  /** Undefined where it is as it was written; else a sentence. */
  difference(written: Written): Promise<string | undefined>;
  /** Takes back what is as it was written, and says of the others why not; `gone` is no problem. */
  undo(
    written: readonly Written[],
    migration: string,
  ): Promise<
    readonly {
      readonly to: string;
      readonly outcome: 'removed' | 'gone' | 'left';
      readonly reason?: string;
    }[]
  >;
}
