import type { ImportedSession } from '../domain/sessionExport.ts';
import type { MigrationDamage, MigrationFormat } from '../protocol/migrationMethods.ts';

/** A session that could be migrated, before anything of it was read. */
export interface FoundSession {
  /** Names it within what is migrated, in a form that is the same each time. */
  readonly key: string;
  readonly format: MigrationFormat;
  /** Absolute path of its file. */
  readonly path: string;
  /** Files that are read of it, absolute: what a backup has to hold. */
  readonly files: readonly string[];
  readonly bytes: number;
  /** Of another session of the same source, whose sub-agent this is. */
  readonly parentKey: string | undefined;
}

/** A session as it was read. */
export interface ReadSession {
  /** The id that it has now. */
  readonly id: string;
  /** In Lockstep's form; its id is the one that it would have where that is free. */
  readonly session: ImportedSession;
  /** Of its files, or of what they hold where they are not its own. */
  readonly sha256: string;
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number | undefined;
  /** Sentences: what Lockstep's form cannot hold. */
  readonly losses: readonly string[];
  /** Sentences: what becomes another. */
  readonly notes: readonly string[];
}

export interface SourceContents {
  readonly sessions: readonly FoundSession[];
  readonly damaged: readonly MigrationDamage[];
  /** Sentences: what is there and is no session. */
  readonly notes: readonly string[];
}

/** Sessions in one form at one place. Reading changes nothing. */
export interface MigrationSource {
  readonly format: MigrationFormat;
  /** Absolute path of the folder that holds them. */
  readonly root: string;
  contents(): Promise<SourceContents>;
  /** @throws Damaged where it cannot be read */
  read(found: FoundSession): Promise<ReadSession>;
}

/** Why one session cannot be read. The rest goes on. */
export class Damaged extends Error {
  readonly path: string;

  /** @param reason a sentence */
  constructor(path: string, reason: string) {
    super(reason);
    this.name = 'Damaged';
    this.path = path;
  }
}
