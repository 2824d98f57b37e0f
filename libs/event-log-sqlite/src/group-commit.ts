import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { GroupQueue } from '@ihala/event-log';
import { lazily, transaction } from './transaction.js';

/** Bounds how long one commit keeps the process from doing anything else (some 10 ms). */
const LARGEST_GROUP = 256;

/** State kept in memory beside the data file; must follow it when it rolls back. */
export interface Counters {
  save(): () => void;
}

interface Item {
  work(): unknown;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

type Outcome = { readonly result: unknown } | { readonly error: unknown };

/** What needs not be on disk when it is answered, since it can be done again from the log. */
export const lazyGroup = (db: DatabaseSync): GroupCommit =>
  new GroupCommit(db, { save: () => () => {} }, () => {}, lazily);

/**
 * Concurrent writes share one transaction and thus one flush to disk. Each stands in a savepoint of its own: one that fails takes
 * back nothing of the others. All are answered after the commit; if the commit fails, all are rejected.
 */
export class GroupCommit {
  readonly #queue = new GroupQueue<Item>((group) => this.#flush(group), LARGEST_GROUP);
  readonly #savepoint: StatementSync;
  readonly #release: StatementSync;

  constructor(
    private readonly db: DatabaseSync,
    private readonly counters: Counters,
    private readonly onCommit: () => void,
    private readonly inTransaction: <T>(db: DatabaseSync, work: () => T) => T = transaction,
  ) {
    this.#savepoint = db.prepare('SAVEPOINT one');
    this.#release = db.prepare('RELEASE one');
  }

  /** @param work synchronous; may throw to have its own writes taken back */
  async run<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.add({ work, resolve: resolve as (result: unknown) => void, reject });
    });
  }

  /** @throws Error once it is closed */
  assertOpen(): void {
    this.#queue.assertOpen();
  }

  /** Takes nothing more; resolves once all that was taken is answered. */
  close(): Promise<void> {
    return this.#queue.close();
  }

  #flush(group: readonly Item[]): void {
    const restore = this.counters.save();
    let outcomes: readonly Outcome[];
    try {
      outcomes = this.inTransaction(this.db, () =>
        // alone it needs no savepoint: if it fails, the whole transaction is taken back
        group.length === 1 ? [{ result: group[0]!.work() }] : group.map((item) => this.#attempt(item)),
      );
    } catch (error) {
      restore();
      for (const item of group) item.reject(error);
      return;
    }
    group.forEach((item, index) => {
      const outcome = outcomes[index]!;
      if ('error' in outcome) item.reject(outcome.error);
      else item.resolve(outcome.result);
    });
    this.onCommit();
  }

  #attempt(item: Item): Outcome {
    const restore = this.counters.save();
    this.#savepoint.run();
    try {
      const result = item.work();
      this.#release.run();
      return { result };
    } catch (error) {
      if (!this.db.isTransaction) throw error;
      this.db.exec('ROLLBACK TO one; RELEASE one');
      restore();
      return { error };
    }
  }
}
