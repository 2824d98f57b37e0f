import mongoose, { type Connection } from 'mongoose';
import { databaseOf } from './collections.js';
import { CONCERNS } from './transaction.js';

/** A transaction may keep others waiting for so long when its process is frozen or killed. */
const LONGEST_LIFETIME_S = 5;

/** How long a reader waits for a primary; an election takes longer, but not each reader should wait it out. */
const SELECTION_MS = 5000;
/** A server that goes silent without closing its connections is noticed after a heartbeat and this. */
const SILENCE_MS = 3000;
const HEARTBEAT_MS = 2000;

export interface ConnectOptions {
  /** of the service; it names a database of its own */
  readonly database: string;
  /** told what the server should be set to and is not */
  readonly onWarning?: (message: string) => void;
  /** has the client tell of each command, for traces and tests */
  readonly monitorCommands?: boolean;
}

/**
 * Connects to a replica set. Concerns are explicit: what is written is on the disks of a majority when it is answered, what is read
 * a majority has.
 * @param uri mongodb://, with credentials and TLS as need be; concerns in it do not count
 */
export async function connect(
  uri: string,
  { database, onWarning, monitorCommands = false }: ConnectOptions,
): Promise<Connection> {
  const connection = await mongoose
    .createConnection(uri, {
      dbName: database,
      ...CONCERNS,
      ignoreUndefined: true,
      autoCreate: false,
      autoIndex: false,
      monitorCommands,
      appName: 'ihala',
      serverSelectionTimeoutMS: SELECTION_MS,
      connectTimeoutMS: SILENCE_MS,
      heartbeatFrequencyMS: HEARTBEAT_MS,
      // longer than a command waits for the transaction of a process that froze
      socketTimeoutMS: 10_000,
    })
    .asPromise();
  const warning = await lifetimeWarning(connection);
  if (warning !== undefined) onWarning?.(warning);
  return connection;
}

async function lifetimeWarning(connection: Connection): Promise<string | undefined> {
  const name = 'transactionLifetimeLimitSeconds';
  let actual: unknown;
  try {
    actual = (
      await databaseOf(connection)
        .admin()
        .command({ getParameter: 1, [name]: 1 })
    )[name];
  } catch {
    return `can't read the server's ${name}: it should be ${LONGEST_LIFETIME_S} or less`;
  }
  if (typeof actual === 'number' && actual <= LONGEST_LIFETIME_S) return undefined;
  return `the server's ${name} is ${String(actual)}: a process that freezes may hold up all others for so long; set ${LONGEST_LIFETIME_S}`;
}
