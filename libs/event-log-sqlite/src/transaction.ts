import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { storageFault } from './storage-fault.js';

/** Prepared once a connection: parsing them anew for every commit takes longer than running them. */
const prepared = new WeakMap<DatabaseSync, Readonly<Record<'begin' | 'commit', StatementSync>>>();

/**
 * Runs synchronous work in one transaction. Nothing else can use the connection meanwhile, so readers on it see whole commits only.
 * @throws what the work throws, or StorageUnavailable; then nothing was written
 */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  let statements = prepared.get(db);
  if (statements === undefined) {
    statements = { begin: db.prepare('BEGIN IMMEDIATE'), commit: db.prepare('COMMIT') };
    prepared.set(db, statements);
  }
  try {
    statements.begin.run();
  } catch (error) {
    throw storageFault(error);
  }
  try {
    const result = work();
    statements.commit.run();
    return result;
  } catch (error) {
    // after some errors (disk full, I/O) SQLite has rolled back by itself
    if (db.isTransaction) db.exec('ROLLBACK');
    throw storageFault(error);
  }
}

/**
 * A transaction that does not wait for the disk. The next append makes it durable as well, since the write-ahead log is flushed in
 * order; if a power cut comes first, it is as if it had not been, and so is all that followed it.
 */
export function lazily<T>(db: DatabaseSync, work: () => T): T {
  db.exec('PRAGMA synchronous = NORMAL');
  try {
    return transaction(db, work);
  } finally {
    db.exec('PRAGMA synchronous = FULL');
  }
}
