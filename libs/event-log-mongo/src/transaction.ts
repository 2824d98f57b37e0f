import { mongo, type Connection } from 'mongoose';
import { StorageUnavailable } from '@ihala/event-log';

/** On the disks of a majority of the members: it outlives the loss of any of them. */
export const DURABLE = { w: 'majority', journal: true } as const satisfies mongo.WriteConcernSettings;

/** What a client says with every command outside a transaction; nothing is left to the server's defaults. */
export const CONCERNS = {
  readPreference: 'primary',
  // one by one, and not as concerns: parts of an address would get into those
  readConcernLevel: 'majority',
  ...DURABLE,
} as const satisfies mongo.MongoClientOptions;

/** A snapshot that the commit, by waiting for the majority, turns out to have been of majority-committed data. */
export const TRANSACTION = {
  readPreference: 'primary',
  readConcern: { level: 'snapshot' },
  writeConcern: DURABLE,
} as const satisfies mongo.TransactionOptions;

/**
 * Retries what passes by itself, also a commit of unknown outcome: the work must find out by itself that it has been done.
 * @throws what the work throws, or StorageUnavailable
 */
export async function transaction<T>(
  connection: Connection,
  work: (session: mongo.ClientSession) => Promise<T>,
): Promise<T> {
  const session = connection.getClient().startSession();
  try {
    return await available(session.withTransaction(() => work(session), TRANSACTION));
  } finally {
    await session.endSession();
  }
}

const labelled = (error: unknown, label: string): boolean =>
  error instanceof mongo.MongoError && error.hasErrorLabel(label);

/** Lost against another transaction, or against the network or an election: nothing was written, and it may be tried again. */
export function isTransient(error: unknown): boolean {
  return (
    labelled(error, 'TransientTransactionError') ||
    labelled(error, 'UnknownTransactionCommitResult') ||
    labelled(error, 'RetryableWriteError') ||
    error instanceof mongo.MongoServerSelectionError ||
    error instanceof mongo.MongoNetworkError ||
    // in which the driver wraps the end of a connection, without its labels
    (error instanceof mongo.MongoBulkWriteError && error.code === undefined)
  );
}

export function isDuplicateKey(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && error.code === 11000;
}

/** A command or transaction of the driver's. @throws StorageUnavailable when it is the servers that are at fault */
export async function available<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw isTransient(error) ? new StorageUnavailable('the database does not answer', { cause: error }) : error;
  }
}
