import { sessionStatus } from '../../server/protocol/session.ts';
import type { SourceKind } from '../../server/protocol/sourceSession.ts';
import type { GroupOf } from './listGroups.ts';
import type { ListRow } from './listRow.ts';
import { groupOf, type SessionModel } from './sessionModel.ts';
import type { SourceModel } from './sourceModel.ts';

/** How many sessions there are, also those that are not loaded. */
export class GroupCounts {
  readonly #sessions: SessionModel;
  readonly #sources: SourceModel;

  constructor(sessions: SessionModel, sources: SourceModel) {
    this.#sessions = sessions;
    this.#sources = sources;
  }

  /** Whether all that belongs into a group is known. */
  isComplete(of: GroupOf): boolean {
    switch (of.by) {
      case 'status':
        return this.#sessions.isComplete(of.status);
      case 'own':
        return this.#isOwnComplete();
      case 'kind':
        return this.#sessions.isKindComplete(of.kind);
      case 'agent': {
        const group = this.#agent(of.agent);
        return group === undefined || group.sessions.length >= group.total;
      }
      case 'folder':
        return this.#isOwnComplete() && this.#sources.isComplete;
      case 'pinned':
      case 'problems':
        return true;
    }
  }

  /** How many sessions the stores have of a group; undefined where they do not count it. */
  stored(of: GroupOf): number | undefined {
    switch (of.by) {
      case 'status':
        return of.status === 'archived' ? undefined : this.#sessions.count(of.status);
      case 'own':
        return this.#own();
      case 'kind':
        return this.#sessions.countOfKind(of.kind);
      case 'agent':
        return this.#agent(of.agent)?.total;
      default:
        return undefined;
    }
  }

  /** How many sessions are in the stores; those archived ones that are not loaded nobody counts. */
  all(known: readonly ListRow[]): number {
    const archived = known.filter((row) => row.type === 'session' && groupOf(row.session) === 'archived');
    const theirs = this.#sources.groups.map(({ total, sessions }) => Math.max(total, sessions.length));
    return this.#own() + archived.length + sum(theirs);
  }

  /** How many sessions are not loaded, archived ones left out. */
  unloaded(known: readonly ListRow[]): number {
    const own = known.filter((row) => row.type === 'session' && groupOf(row.session) !== 'archived');
    const theirs = this.#sources.groups.map(({ total, sessions }) => Math.max(0, total - sessions.length));
    return Math.max(0, this.#own() - own.length) + sum(theirs);
  }

  #own(): number {
    return sum(sessionStatus.options.map((status) => this.#sessions.count(status)));
  }

  #isOwnComplete(): boolean {
    return sessionStatus.options.every((status) => this.#sessions.isComplete(status));
  }

  #agent(agent: SourceKind) {
    return this.#sources.groups.find(({ kind }) => kind === agent);
  }
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}
