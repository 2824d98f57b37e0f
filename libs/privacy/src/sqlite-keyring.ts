import { timingSafeEqual } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { KeyCache } from './key-cache.js';
import type { KeyEncryptionKey } from './key-encryption-key.js';
import { everything, Keyring, KeyringUnavailable, WrongKeyEncryptionKey, type StoredKey } from './keyring.js';

/** A destroyed key could not be wiped from the file while another process reads it. Ask for the destruction again. */
export class KeyringBusy extends Error {}

const tables = `
  CREATE TABLE IF NOT EXISTS kek_check (value BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    class TEXT NOT NULL,
    wrapped BLOB, -- NULL: destroyed
    UNIQUE (person, class)
  ) STRICT, WITHOUT ROWID;
`;

/** The keyring of the embedded engine: one SQLite file of its own, durable before a key is handed out. */
export class SqliteKeyring extends Keyring {
  readonly #db: DatabaseSync;
  readonly #ofPerson: StatementSync;
  readonly #byIds: StatementSync;
  readonly #insert: StatementSync;
  readonly #wipe: StatementSync;

  /** @param file or `:memory:` @throws WrongKeyEncryptionKey */
  constructor(file: string, kek: KeyEncryptionKey, cache?: KeyCache) {
    super(kek, cache);
    // Made with this mode before SQLite opens it: the write-ahead log takes over the mode of the file.
    if (file !== ':memory:') closeSync(openSync(file, 'a', 0o600));
    this.#db = new DatabaseSync(file);
    // secure_delete: a destroyed key must not stay readable in a freed part of a page.
    this.#db.exec('PRAGMA busy_timeout = 1000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL');
    this.#db.exec('PRAGMA secure_delete = ON');
    try {
      this.#transaction(() => {
        this.#db.exec(tables);
        this.#check(file, kek.derive('keyring check'));
      });
    } catch (error) {
      this.#db.close();
      throw error;
    }
    this.#ofPerson = this.#db.prepare('SELECT id, class, wrapped FROM keys WHERE person = ?');
    this.#byIds = this.#db.prepare('SELECT id, class, wrapped FROM keys WHERE id IN (SELECT value FROM json_each(?))');
    this.#insert = this.#db.prepare(
      `INSERT INTO keys (id, person, class, wrapped) SELECT :id, :person, :class, :wrapped
       WHERE NOT EXISTS (SELECT 1 FROM keys WHERE person = :person AND class = '${everything}')
       ON CONFLICT (person, class) DO NOTHING`,
    );
    this.#wipe = this.#db.prepare(
      `UPDATE keys SET wrapped = NULL WHERE person = :person AND (class = :class OR :class = '${everything}')`,
    );
  }

  async close(): Promise<void> {
    this.#db.close();
  }

  protected async rowsOf(person: string): Promise<readonly StoredKey[]> {
    return this.#ofPerson.all(person).map(stored);
  }

  protected async rowsAt(ids: readonly string[]): Promise<readonly StoredKey[]> {
    return this.#byIds.all(JSON.stringify(ids)).map(stored);
  }

  protected async keep(person: string, fresh: readonly StoredKey[]): Promise<readonly StoredKey[]> {
    return this.#transaction(() => {
      for (const key of fresh) this.#insert.run({ id: key.id, person, class: key.class, wrapped: key.wrapped! });
      return this.#ofPerson.all(person).map(stored);
    });
  }

  protected async entomb(person: string, tombstones: readonly StoredKey[]): Promise<void> {
    this.#transaction(() => {
      for (const { id, class: name } of tombstones) {
        this.#wipe.run({ person, class: name });
        this.#insert.run({ id, person, class: name, wrapped: null });
      }
    });
    // Until it is folded back and cut, the write-ahead log still holds pages from when the key was made.
    const { busy } = this.#db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number };
    if (busy) throw new KeyringBusy('the keys are destroyed, but the write-ahead log could not be cut: try again');
  }

  #check(file: string, expected: Buffer): void {
    const row = this.#db.prepare('SELECT value FROM kek_check').get() as { value: Uint8Array } | undefined;
    if (!row) this.#db.prepare('INSERT INTO kek_check (value) VALUES (?)').run(expected);
    else if (!timingSafeEqual(row.value, expected)) {
      throw new WrongKeyEncryptionKey(file);
    }
  }

  #transaction<T>(work: () => T): T {
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw isStorageFault(error)
        ? new KeyringUnavailable('the keyring could not be written', { cause: error })
        : error;
    }
  }
}

/** SQLite's primary result codes: held by another program, read-only, input or output failed, full, cannot be opened. */
const isStorageFault = (error: unknown): boolean =>
  [5, 8, 10, 13, 14].includes(((error as { errcode?: number }).errcode ?? 0) & 0xff);

const stored = (row: object): StoredKey => {
  const { id, class: name, wrapped } = row as { id: string; class: string; wrapped: Uint8Array | null };
  return { id, class: name, wrapped: wrapped ?? undefined };
};
