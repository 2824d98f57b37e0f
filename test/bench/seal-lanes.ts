import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type KeyObject,
  randomBytes,
  randomUUID,
} from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { KeyEncryptionKey, Sealer, SqliteKeyring } from '@ihala/privacy';
import { type Lanes, until } from './contest.js';

const LIFE_EVENTS = 23;
const texts = { reason: 'Headaches for three weeks, no check-up so far.' };
const plain = Buffer.from(JSON.stringify(texts).padEnd(128));
const AAD = Buffer.from('["ihala-seal",1,"01a20b38-2923-7000-a000-000000000000","texts-health"]');

/** A keyring with the keys of as many persons as a log of this length concerns. */
export class SealPair {
  readonly #keyring: SqliteKeyring;
  readonly #sealer: Sealer;
  readonly #persons: readonly string[];

  constructor(path: string, events: number) {
    const kek = KeyEncryptionKey.generate();
    this.#keyring = new SqliteKeyring(path, kek);
    this.#sealer = new Sealer(this.#keyring.scopedTo(['texts-health', 'health']));
    this.#persons = Array.from({ length: Math.ceil(events / LIFE_EVENTS) }, () => randomUUID());
    fill(path, kek, this.#persons);
  }

  seal(): Lanes {
    const key = createSecretKey(randomBytes(32));
    const person = this.#anybody();
    return {
      ours: lane(() => this.#sealer.seal(person(), randomUUID(), { 'texts-health': texts })),
      floor: lane(() => encrypted(key)),
    };
  }

  /** A page of a list's worth of events of as many persons, opened together. */
  unseal(): Lanes {
    const key = createSecretKey(randomBytes(32));
    const sealed = Array.from({ length: 20 }, () => encrypted(key));
    const person = this.#anybody();
    let page: { id: string; sealed: Awaited<ReturnType<Sealer['seal']>> }[] = [];
    return {
      ours: {
        prepare: async () => {
          page = [];
          for (let n = 0; n < 20; n += 1) {
            const id = randomUUID();
            page.push({ id, sealed: await this.#sealer.seal(person(), id, { 'texts-health': texts }) });
          }
        },
        run: (ms) => until(ms, async () => (await this.#sealer.unsealAll(page, ['texts-health'])).length),
      },
      floor: lane(() => sealed.forEach((part) => decrypted(key, part)), sealed.length),
    };
  }

  close(): Promise<void> {
    return this.#keyring.close();
  }

  #anybody(): () => string {
    return () => this.#persons[Math.floor(Math.random() * this.#persons.length)]!;
  }
}

const lane = (piece: () => unknown, operations = 1) => ({
  run: (ms: number) =>
    until(ms, async () => {
      await piece();
      return operations;
    }),
});

/** The bare cipher, with the key at hand. */
function encrypted(key: KeyObject): { nonce: string; ciphertext: string } {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(AAD);
  const bytes = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return { nonce: nonce.toString('base64url'), ciphertext: bytes.toString('base64url') };
}

function decrypted(key: KeyObject, { nonce, ciphertext }: ReturnType<typeof encrypted>): unknown {
  const bytes = Buffer.from(ciphertext, 'base64url');
  const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64url')).setAAD(AAD);
  decipher.setAuthTag(bytes.subarray(-16));
  return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString());
}

/** Through the keyring each would be a commit of its own. */
function fill(path: string, kek: KeyEncryptionKey, persons: readonly string[]): void {
  const db = new DatabaseSync(path);
  const insert = db.prepare('INSERT INTO keys (id, person, class, wrapped) VALUES (?, ?, ?, ?)');
  db.exec('PRAGMA synchronous = OFF; BEGIN');
  for (const person of persons) {
    const id = randomUUID();
    insert.run(id, person, 'texts-health', kek.wrap(randomBytes(32), id, 'texts-health'));
  }
  db.exec('COMMIT');
  db.close();
}
