import { openDataFile } from './data-file.js';
import { SqliteEventLog } from './sqlite-event-log.js';
import { SqliteReactionStore } from './sqlite-reaction-store.js';
import { SqliteViewStore } from './sqlite-view-store.js';

export { DataFileInUse } from './data-file.js';
export { SqliteEventLog, SqliteReactionStore, SqliteViewStore };

export interface SqliteService {
  readonly log: SqliteEventLog;
  readonly views: SqliteViewStore;
  readonly reactions: SqliteReactionStore;
  /** Waits for the appends already taken, then closes the data file. */
  close(): Promise<void>;
}

/**
 * Opens the log, the views and the reactions of one service, which share one data file and one connection. Every transaction on it is one
 * synchronous section, so that no append and no view batch can end up inside another's.
 * @param path of the data file, made if need be, or `:memory:`
 * @param service the owner; a file that belongs to another is refused
 * @param options.clock what the log's instants come from; default: the system's
 * @throws DataFileInUse when it is open already; Error when a newer version or another service wrote it
 */
export function openSqliteService(path: string, service: string, options: { clock?: () => Date } = {}): SqliteService {
  const file = openDataFile(path, service);
  const log = new SqliteEventLog(file.db, service, options.clock);
  const views = new SqliteViewStore(file.db);
  const reactions = new SqliteReactionStore(file.db);
  return {
    log,
    views,
    reactions,
    async close() {
      await log.close();
      file.close();
    },
  };
}
