import type { DatabaseSync } from 'node:sqlite';

/**
 * Runs synchronous work in one transaction. Nothing else can use the connection meanwhile, so readers on it see whole commits only.
 * @throws what the work or the commit throws; then nothing was written
 */
export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    // after some errors (disk full, I/O) SQLite has rolled back by itself
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
