import type { Connection } from 'mongoose';
import { connect, type ConnectOptions } from './connection.js';
import { Lease, type LeaseOptions } from './lease.js';
import { assertMigrated } from './migration.js';
import { MongoEventLog, type LogOptions } from './mongo-event-log.js';
import { MongoReactionStore } from './mongo-reaction-store.js';
import { MongoViewStore } from './mongo-view-store.js';

export { connect, type ConnectOptions } from './connection.js';
export { Lease, LeaseLost, type LeasedWork, type LeaseOptions } from './lease.js';
export { migrate, WrongSchema } from './migration.js';
export { MongoEventLog, MongoReactionStore, MongoViewStore };

export interface MongoService {
  readonly connection: Connection;
  readonly log: MongoEventLog;
  readonly views: MongoViewStore;
  readonly reactions: MongoReactionStore;
  /** For work that one replica does at a time. */
  readonly lease: Lease;
  /** Writes something. @throws StorageUnavailable */
  requireWritable(): Promise<void>;
  /** Gives the lease back, waits for the appends already taken, then closes the connection. */
  close(): Promise<void>;
}

/**
 * Opens the log, the views and the reactions of one service, which share one database and one connection. Any number of replicas
 * may have it open.
 * @param uri of a replica set: mongodb://
 * @param service the owner; a database that belongs to another is refused, and so is one that was not migrated (see `migrate`)
 */
export async function openMongoService(
  uri: string,
  service: string,
  options: ConnectOptions & LogOptions & LeaseOptions,
): Promise<MongoService> {
  const connection = await connect(uri, options);
  try {
    await assertMigrated(connection, service);
  } catch (error) {
    await connection.close();
    throw error;
  }
  const log = new MongoEventLog(connection, service, options);
  const lease = new Lease(connection, service, options);
  return {
    connection,
    log,
    views: new MongoViewStore(connection, lease),
    reactions: new MongoReactionStore(connection, lease),
    lease,
    async requireWritable() {
      // giving out a head is a write
      await log.head();
    },
    async close() {
      try {
        await lease.end();
        await log.close();
      } finally {
        await connection.close();
      }
    },
  };
}
