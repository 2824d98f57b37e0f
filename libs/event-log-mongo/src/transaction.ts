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
    // not waited for: the server that is asked may be the one that went silent
    void session.endSession();
  }
}

/**
 * What a server answers for its own sake, whatever it was asked: it steps down, starts or stops, can't reach the others, has no room.
 * The driver tries some of these once more, and labels only those that a write meets.
 */
const OWN_FAULTS: ReadonlySet<unknown> = new Set([
  ...[6, 7, 89, 9001], // it can't reach another
  ...[91, 189, 10107, 11600, 11602, 13435, 13436], // it is no primary, no longer, or ends
  ...[24, 50, 112, 262], // something took too long, or was in the way
  ...[64, 100, 134, 211, 246], // the majority does not follow, or not yet
  14031, // the disk is full
]);

/** What the system says of a connection that the other side has left; as it came, when that was learnt by writing to it. */
const LEFT: ReadonlySet<unknown> = new Set(['EPIPE', 'ECONNRESET']);

const labelled = (error: unknown, label: string): boolean =>
  error instanceof mongo.MongoError && error.hasErrorLabel(label);

/** Lost against another transaction, or against the servers or the way to them: it may be tried again. */
export function isTransient(error: unknown): boolean {
  return (
    labelled(error, 'TransientTransactionError') ||
    labelled(error, 'UnknownTransactionCommitResult') ||
    labelled(error, 'RetryableWriteError') ||
    error instanceof mongo.MongoServerSelectionError ||
    error instanceof mongo.MongoNetworkError ||
    LEFT.has((error as NodeJS.ErrnoException | undefined)?.code) ||
    // in which the driver wraps the end of a connection, without its labels
    (error instanceof mongo.MongoBulkWriteError && error.code === undefined) ||
    (error instanceof mongo.MongoServerError && OWN_FAULTS.has(error.code))
  );
}

export function isDuplicateKey(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && error.code === 11000;
}

/** Longer than a command waits for an election to begin, or for the transaction of a process that froze. */
const LONGEST_MS = 10_000;

/**
 * Bounds how long the driver is waited for. It hangs for ever, whatever time-outs it has, when a connection ends just as a command is
 * written to it: what it waits for then, that the connection drains, never comes.
 * @throws MongoNetworkTimeoutError
 */
export async function answered<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    const fail = () => reject(new mongo.MongoNetworkTimeoutError(`no answer for ${LONGEST_MS} ms`, {}));
    timer = setTimeout(fail, LONGEST_MS);
  });
  try {
    return await Promise.race([work, silence]);
  } finally {
    clearTimeout(timer);
  }
}

/** A command or transaction of the driver's. @throws StorageUnavailable when it is the servers that are at fault */
export async function available<T>(work: Promise<T>): Promise<T> {
  try {
    return await answered(work);
  } catch (error) {
    throw isTransient(error) ? new StorageUnavailable('the database does not answer', { cause: error }) : error;
  }
}
