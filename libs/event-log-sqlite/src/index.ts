import { openDataFile } from './data-file.js';
import { lazyGroup } from './group-commit.js';
import { SqliteEventLog } from './sqlite-event-log.js';
import { SqliteReactionStore } from './sqlite-reaction-store.js';
import { SqliteViewStore } from './sqlite-view-store.js';
import { transaction } from './transaction.js';

export { DataFileInUse } from './data-file.js';
export { DataFileReader, type LogState, type SourceState } from './data-file-reader.js';
export { SqliteEventLog, SqliteReactionStore, SqliteViewStore };

export interface SqliteService {
  readonly log: SqliteEventLog;
  readonly views: SqliteViewStore;
  readonly reactions: SqliteReactionStore;
  /** Writes something of usual size and takes it back. @throws StorageUnavailable */
  requireWritable(): Promise<void>;
  /** Waits for the appends already taken, then closes the data file. */
  close(): Promise<void>;
}

export interface SqliteServiceOptions {
  readonly clock?: () => Date;
  readonly onAppended?: (events: number) => void;
}

/** More than a group of usual commands takes: what is said to be writable again shall stay so for a while. */
const PROBE_BYTES = 1024 * 1024;

/**
 * Opens the log, the views and the reactions of one service, which share one data file and one connection. Every transaction on
 * it is one synchronous section, so that no append and no view batch can end up inside another's.
 * @param path of the data file, made if need be, or `:memory:`
 * @param service the owner; a file that belongs to another is refused
 * @param options.clock what the log's instants come from; default: the system's
 * @param options.onAppended told after each commit how many events it held
 * @throws DataFileInUse when it is open already; Error when a newer version or another service wrote it
 */
export function openSqliteService(path: string, service: string, options: SqliteServiceOptions = {}): SqliteService {
  const file = openDataFile(path, service);
  const log = new SqliteEventLog(file.db, service, options.clock, options.onAppended);
  const commits = lazyGroup(file.db);
  const views = new SqliteViewStore(file.db, commits);
  const reactions = new SqliteReactionStore(file.db, commits);
  return {
    log,
    views,
    reactions,
    async requireWritable() {
      const write = `DROP TABLE IF EXISTS probe; CREATE TABLE probe (body BLOB); INSERT INTO probe VALUES (zeroblob(${PROBE_BYTES}))`;
      transaction(file.db, () => file.db.exec(write));
      transaction(file.db, () => file.db.exec('DROP TABLE probe'));
    },
    async close() {
      await Promise.all([log.close(), commits.close()]);
      file.close();
    },
  };
}
