import { timingSafeEqual } from 'node:crypto';
import { mongo, type Connection } from 'mongoose';
import {
  everything,
  Keyring,
  KeyringUnavailable,
  WrongKeyEncryptionKey,
  type KeyCache,
  type KeyEncryptionKey,
  type StoredKey,
} from '@ihala/privacy';

/** All keys of one person in one document, so that adding a key and destroying all can't pass by one another. */
interface PersonDocument {
  readonly _id: string;
  /** counts the changes */
  readonly revision: number;
  readonly keys: readonly KeptKey[];
}

interface KeptKey {
  readonly id: string;
  readonly class: string;
  /** absent: destroyed */
  readonly wrapped?: mongo.Binary;
}

interface CheckDocument {
  readonly _id: 'key-encryption-key';
  readonly value: mongo.Binary;
}

/** On the disks of a majority when it is answered; read as a majority has it. Whatever the connection says. */
const CONCERNS = {
  readPreference: 'primary',
  readConcern: { level: 'majority' },
  writeConcern: { w: 'majority', journal: true },
} as const satisfies mongo.CollectionOptions;

/**
 * The keyring of the distributed engine: a MongoDB database of its own, with its own credentials. A destroyed key is overwritten
 * in its document at once; the server's oplog holds what was there before, wrapped, for as long as its window is.
 */
export class MongoKeyring extends Keyring {
  readonly #people: mongo.Collection<PersonDocument>;

  private constructor(
    private readonly connection: Connection,
    kek: KeyEncryptionKey,
    cache?: KeyCache,
  ) {
    super(kek, cache);
    this.#people = databaseOf(connection).collection<PersonDocument>('people', CONCERNS);
  }

  /**
   * Makes what is missing of the database; safe for any number of processes at once.
   * @param connection open, to the keyring's database; from here on the keyring's to close
   * @throws WrongKeyEncryptionKey
   */
  static async open(connection: Connection, kek: KeyEncryptionKey, cache?: KeyCache): Promise<MongoKeyring> {
    const keyring = new MongoKeyring(connection, kek, cache);
    try {
      await keyring.#people.createIndex({ 'keys.id': 1 }, { unique: true });
      await keyring.#check(kek.derive('keyring check'));
    } catch (error) {
      await keyring.close();
      throw error;
    }
    return keyring;
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  protected async rowsOf(person: string): Promise<readonly StoredKey[]> {
    return ((await available(this.#people.findOne({ _id: person })))?.keys ?? []).map(stored);
  }

  protected async rowsAt(ids: readonly string[]): Promise<readonly StoredKey[]> {
    const people = await available(this.#people.find({ 'keys.id': { $in: [...ids] } }).toArray());
    const asked = new Set(ids);
    return people.flatMap(({ keys }) => keys.filter(({ id }) => asked.has(id)).map(stored));
  }

  protected keep(person: string, fresh: readonly StoredKey[]): Promise<readonly StoredKey[]> {
    const keep = this.#change(person, (keys) => {
      if (keys.some((key) => key.class === everything)) return keys;
      return [...keys, ...fresh.filter((key) => !keys.some((known) => known.class === key.class)).map(kept)];
    });
    return available(keep);
  }

  protected async entomb(person: string, tombstones: readonly StoredKey[]): Promise<void> {
    const named = new Set(tombstones.map((tombstone) => tombstone.class));
    const destroyed = (name: string) => named.has(name) || named.has(everything);
    const entomb = this.#change(person, (keys) => [
      ...keys.map((key) => (destroyed(key.class) ? { id: key.id, class: key.class } : key)),
      ...tombstones.filter((tombstone) => !keys.some((known) => known.class === tombstone.class)).map(kept),
    ]);
    await available(entomb);
  }

  /** Changes the keys of a person from what they are; if someone else was faster, from what they are then. */
  async #change(person: string, change: (keys: readonly KeptKey[]) => readonly KeptKey[]) {
    for (;;) {
      const before = await this.#people.findOne({ _id: person });
      const keys = change(before?.keys ?? []);
      if (before !== null && keys === before.keys) return keys.map(stored);
      if (before === null && keys.length === 0) return [];
      if (await this.#write(person, before?.revision, keys)) return keys.map(stored);
    }
  }

  /** @returns false if someone else was faster */
  async #write(person: string, revision: number | undefined, keys: readonly KeptKey[]): Promise<boolean> {
    if (revision === undefined) return onceOnly(() => this.#people.insertOne({ _id: person, revision: 1, keys }));
    const next = { $set: { keys, revision: revision + 1 } };
    return (await this.#people.updateOne({ _id: person, revision }, next)).matchedCount === 1;
  }

  async #check(expected: Buffer): Promise<void> {
    const checks = databaseOf(this.connection).collection<CheckDocument>('checks', CONCERNS);
    const mine: CheckDocument = { _id: 'key-encryption-key', value: new mongo.Binary(expected) };
    if (await onceOnly(() => checks.insertOne(mine))) return;
    const { value } = (await checks.findOne({ _id: mine._id }))!;
    if (!timingSafeEqual(value.value(), expected))
      throw new WrongKeyEncryptionKey(`the database ${this.connection.name}`);
  }
}

/** @returns false if it was there already */
async function onceOnly(insert: () => Promise<unknown>): Promise<boolean> {
  try {
    await insert();
    return true;
  } catch (error) {
    if (error instanceof mongo.MongoServerError && error.code === 11000) return false;
    throw error;
  }
}

/** Longer than a command waits for an election to begin. */
const LONGEST_MS = 10_000;

/**
 * Nothing is asked that a server could refuse by right, so whatever it says is its own fault. The driver is waited for no longer than
 * some time: it hangs for ever when a connection ends just as a command is written to it. @throws KeyringUnavailable
 */
async function available<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new mongo.MongoNetworkTimeoutError('no answer', {})), LONGEST_MS);
  });
  try {
    return await Promise.race([work, silence]);
  } catch (error) {
    const faults = [mongo.MongoServerError, mongo.MongoNetworkError, mongo.MongoServerSelectionError];
    const unavailable = faults.some((fault) => error instanceof fault);
    throw unavailable ? new KeyringUnavailable('the keyring does not answer', { cause: error }) : error;
  } finally {
    clearTimeout(timer);
  }
}

function databaseOf(connection: Connection): mongo.Db {
  if (connection.db === undefined) throw new Error('the connection is not open');
  return connection.db;
}

const kept = ({ id, class: name, wrapped }: StoredKey): KeptKey => ({
  id,
  class: name,
  ...(wrapped && { wrapped: new mongo.Binary(wrapped) }),
});

const stored = ({ id, class: name, wrapped }: KeptKey): StoredKey => ({ id, class: name, wrapped: wrapped?.value() });
