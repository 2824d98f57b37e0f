import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrate } from './schema.js';

/** Another process, or this one, has the data file open already. */
export class DataFileInUse extends Error {}

export interface DataFile {
  readonly db: DatabaseSync;
  close(): void;
}

/**
 * Opens the data file of one service, making it and its folder (readable by the owner alone) if need be.
 *
 * Only one process may have it open, since the log numbers events from memory. That is kept by a lock on an empty file beside
 * it, `<path>-lock`, and not by SQLite's `locking_mode=EXCLUSIVE`, which would also shut out the readers that a deployment
 * needs: an online backup, or a look with the sqlite3 shell. The operating system drops the lock with the process, however it ends.
 * @param path file, or `:memory:`
 * @throws DataFileInUse, or Error when the file belongs to another service or was written by a newer version
 */
export function openDataFile(path: string, service: string): DataFile {
  const unlock = path === ':memory:' ? () => {} : lock(path);
  try {
    if (path !== ':memory:') makePrivate(path);
    const db = new DatabaseSync(path, { timeout: 2000 });
    try {
      // FULL: a commit is on disk when it returns
      db.exec(
        'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16000; PRAGMA wal_autocheckpoint = 8000',
      );
      migrate(db, service);
    } catch (error) {
      db.close();
      throw error;
    }
    return {
      db,
      close() {
        db.close();
        unlock();
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** A connection that nobody refers to any more is closed by the garbage collector, and its lock with it. */
const holders = new Set<DatabaseSync>();

function lock(path: string): () => void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  makePrivate(`${path}-lock`);
  const holder = new DatabaseSync(`${path}-lock`, { timeout: 0 });
  try {
    holder.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    holder.close();
    throw new DataFileInUse(`${path} is in use by another process`, { cause: error });
  }
  holders.add(holder);
  return () => {
    holders.delete(holder);
    holder.close();
  };
}

/** Only ever touches a new file: closing a descriptor of a file drops all locks this process holds on it. */
function makePrivate(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
