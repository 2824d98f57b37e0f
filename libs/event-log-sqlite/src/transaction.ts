import type { DatabaseSync } from 'node:sqlite';
import { storageFault } from './storage-fault.js';

/**
 * Runs synchronous work in one transaction. Nothing else can use the connection meanwhile, so readers on it see whole commits only.
 * @throws what the work throws, or StorageUnavailable; then nothing was written
 */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  try {
    db.exec('BEGIN IMMEDIATE');
  } catch (error) {
    throw storageFault(error);
  }
  try {
    const result = work();
    db.exec('COMMIT');
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
export function lazily(db: DatabaseSync, work: () => void): void {
  db.exec('PRAGMA synchronous = NORMAL');
  try {
    transaction(db, work);
  } finally {
    db.exec('PRAGMA synchronous = FULL');
  }
}
