import { randomBytes, randomUUID, type KeyObject } from 'node:crypto';
import type { SealClass } from '@ihala/contracts';
import { KeyCache } from './key-cache.js';
import type { KeyEncryptionKey } from './key-encryption-key.js';

/** What unsealing yields once the key is destroyed. As a symbol it can't be taken for content, and JSON leaves it out. */
export const Erased: unique symbol = Symbol('erased');
export type Erased = typeof Erased;
export const isErased = (value: unknown): value is Erased => value === Erased;

/** The key of one person and one class. The secret can't be printed or turned into JSON. */
export interface DataKey {
  /** a random UUID: says nothing about the person */
  readonly id: string;
  readonly class: SealClass;
  readonly secret: KeyObject;
}

/** A key as an engine keeps it. */
export interface StoredKey {
  readonly id: string;
  /** `everything` in the tombstone of a whole person */
  readonly class: string;
  /** undefined: destroyed; the row stays, so that the key is never made again */
  readonly wrapped: Uint8Array | undefined;
}

/** Stands for all classes, those of which no key was ever made included. */
export const everything = '*';

/** Something was to be sealed for a person whose key of that class is destroyed. */
export class PersonErased extends Error {}

/** A key could not be made or destroyed: the disk is full, failing, read-only, or held by another program. Try again. */
export class KeyringUnavailable extends Error {}

/** A service was to seal a class that its credentials do not open. */
export class ClassNotOpen extends Error {
  constructor(keyClass: string) {
    super(`the class ${keyClass} is not open to this service`);
  }
}

/** The check value in the keyring was made with another key. */
export class WrongKeyEncryptionKey extends Error {
  constructor(where: string) {
    super(`the key-encryption key is not the one that ${where} was made with: give the right IHALA_KEK or kek file`);
  }
}

/**
 * The one store of keys: a random 256-bit key per person and class, wrapped by the key-encryption key.
 * Engines keep rows; what a key is, and when it may be had, is decided here. `person` is the id of the case.
 */
export abstract class Keyring {
  readonly #cache: KeyCache;
  readonly #kek: KeyEncryptionKey;

  protected constructor(kek: KeyEncryptionKey, cache = new KeyCache()) {
    this.#kek = kek;
    this.#cache = cache;
  }

  /**
   * The person's keys of these classes, in one durable transaction: the ones not there yet are made.
   * @throws PersonErased when one of them was destroyed
   */
  async keysFor(person: string, classes: readonly SealClass[]): Promise<ReadonlyMap<SealClass, DataKey>> {
    const wanted = new Set<string>(classes);
    const evictions = this.#cache.evictions;
    let rows = standing(await this.rowsOf(person), wanted);
    if (rows.length < wanted.size) {
      const known = new Set(rows.map((row) => row.class));
      const fresh = [...wanted].filter((name) => !known.has(name)).map((name) => this.#fresh(name));
      rows = standing(await this.keep(person, fresh), wanted);
    }
    return new Map(rows.map((row) => [row.class as SealClass, this.#unwrap(row, evictions)]));
  }

  /**
   * The keys of these ids, `Erased` for a destroyed one; an id that never was is left out.
   * @param among the classes that may be opened, all when left out; a key of another one is not unwrapped but left out
   */
  async open(keyIds: readonly string[], among?: ReadonlySet<string>): Promise<ReadonlyMap<string, DataKey | Erased>> {
    const cached = keyIds.map((id) => this.#cache.get(id)).filter((key) => key !== undefined);
    const opened = new Map<string, DataKey | Erased>();
    for (const key of cached) if (!among || among.has(key.class)) opened.set(key.id, key);
    if (cached.length === keyIds.length) return opened;
    const evictions = this.#cache.evictions;
    const known = new Set(cached.map((key) => key.id));
    for (const row of await this.rowsAt(keyIds.filter((id) => !known.has(id)))) {
      if (among && !among.has(row.class)) continue;
      opened.set(row.id, row.wrapped ? this.#unwrap(row, evictions) : Erased);
    }
    return opened;
  }

  /** Erases: these classes, or without any named the whole person, keys never made included. Repeating it does nothing. */
  async destroy(person: string, classes: readonly SealClass[] | typeof everything = everything): Promise<void> {
    const named = classes === everything ? [everything] : classes;
    try {
      await this.entomb(
        person,
        named.map((name) => ({ id: randomUUID(), class: name, wrapped: undefined })),
      );
    } finally {
      this.#cache.evict((await this.rowsOf(person)).map((row) => row.id));
    }
  }

  /** What one service gets: these classes and no other. */
  scopedTo(classes: readonly SealClass[]): ScopedKeyring {
    return new ScopedKeyring(this, classes);
  }

  abstract close(): Promise<void>;

  /** All rows of a person. */
  protected abstract rowsOf(person: string): Promise<readonly StoredKey[]>;

  /** The rows of these ids that exist, in any order. */
  protected abstract rowsAt(ids: readonly string[]): Promise<readonly StoredKey[]>;

  /**
   * Adds these keys, in one durable transaction, where the person has no row of that class and none of `everything`.
   * @returns all rows of the person, as they stand after it
   */
  protected abstract keep(person: string, fresh: readonly StoredKey[]): Promise<readonly StoredKey[]>;

  /**
   * Adds these tombstones where there is no row of the class; where there is one, wipes its wrapped key.
   * One of `everything` wipes all. Done only when no copy of the wrapped keys is left in the store.
   */
  protected abstract entomb(person: string, tombstones: readonly StoredKey[]): Promise<void>;

  #fresh(name: string): StoredKey {
    const id = randomUUID();
    return { id, class: name, wrapped: this.#kek.wrap(randomBytes(32), id, name) };
  }

  /** @param evictions as they were before the row was read */
  #unwrap(row: StoredKey, evictions: number): DataKey {
    const cached = this.#cache.get(row.id);
    if (cached) return cached;
    const secret = this.#kek.unwrap(row.wrapped!, row.id, row.class);
    const key: DataKey = { id: row.id, class: row.class as SealClass, secret };
    // A key destroyed while its row was on the way must not come back into the cache.
    if (evictions === this.#cache.evictions) this.#cache.put(key);
    return key;
  }
}

/** A keyring that opens fixed classes only, for sealing and for unsealing. */
export class ScopedKeyring {
  readonly classes: ReadonlySet<string>;
  readonly #keyring: Keyring;

  constructor(keyring: Keyring, classes: readonly SealClass[]) {
    this.#keyring = keyring;
    this.classes = new Set(classes);
  }

  /** @throws ClassNotOpen | PersonErased */
  async keysFor(person: string, classes: readonly SealClass[]): Promise<ReadonlyMap<SealClass, DataKey>> {
    const refused = classes.find((name) => !this.classes.has(name));
    if (refused !== undefined) throw new ClassNotOpen(refused);
    return this.#keyring.keysFor(person, classes);
  }

  /** The key of another class is left out, as if it never was: to this service it does not exist. */
  open(keyIds: readonly string[]): Promise<ReadonlyMap<string, DataKey | Erased>> {
    return this.#keyring.open(keyIds, this.classes);
  }
}

/** The wanted rows. @throws PersonErased when one of them, or the whole person, is destroyed */
function standing(rows: readonly StoredKey[], wanted: ReadonlySet<string>): readonly StoredKey[] {
  const concerned = rows.filter((row) => wanted.has(row.class) || row.class === everything);
  if (concerned.some((row) => !row.wrapped)) throw new PersonErased('a key of this person was destroyed');
  return concerned;
}
