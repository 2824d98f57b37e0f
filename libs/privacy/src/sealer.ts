import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { SealClass } from '@ihala/contracts';
import { Erased, isErased, type DataKey, type ScopedKeyring } from './keyring.js';

type Json = string | boolean | number | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

const format = 1;
const nonceBytes = 12;
const tagBytes = 16;
/** Plaintexts are padded to multiples of this many bytes, so that the length of a part says little. */
const block = 128;

/** One class of an event's content: AES-256-GCM under the key `keyId`; nonce and ciphertext (tag last) base64url. */
export interface SealedPart {
  readonly keyId: string;
  readonly class: string;
  readonly nonce: string;
  readonly ciphertext: string;
}

/** As much of an event as unsealing needs. */
export interface SealedEvent {
  readonly id: string;
  readonly sealed?: readonly SealedPart[];
}

export type Contents = { readonly [Class in SealClass]?: JsonObject };
export type Unsealed = { readonly [Class in SealClass]?: JsonObject | Erased };

/** A sealed part was changed, or stands in another event or under another class than it was sealed for. */
export class SealBroken extends Error {
  constructor(eventId: string, keyClass: string) {
    super(`the part ${keyClass} of event ${eventId} does not open: it was changed or moved`);
  }
}

/** Seals the personal content of events, and opens what its keyring's scope allows. */
export class Sealer {
  readonly #keys: ScopedKeyring;

  constructor(keys: ScopedKeyring) {
    this.#keys = keys;
  }

  /**
   * @param person the id of the case
   * @returns one part a class, ordered by class
   * @throws ClassNotOpen | PersonErased
   */
  async seal(person: string, eventId: string, contents: Contents): Promise<SealedPart[]> {
    const classes = (Object.keys(contents) as SealClass[]).filter((name) => contents[name] !== undefined).sort();
    if (classes.length === 0) return [];
    const keys = await this.#keys.keysFor(person, classes);
    return classes.map((name) => sealed(eventId, keys.get(name)!, contents[name]!));
  }

  /**
   * The parts of the classes asked for, as far as this service's scope goes; `Erased` where the key is destroyed.
   * @throws SealBroken
   */
  async unseal(eventId: string, parts: readonly SealedPart[], classes: readonly SealClass[]): Promise<Unsealed> {
    const [unsealed] = await this.unsealAll([{ id: eventId, sealed: parts }], classes);
    return unsealed!;
  }

  /** The same for many events, in their order, with one look at the keyring. @throws SealBroken */
  async unsealAll(events: readonly SealedEvent[], classes: readonly SealClass[]): Promise<Unsealed[]> {
    const wanted = new Set<string>(classes.filter((name) => this.#keys.classes.has(name)));
    const asked = events.map(({ id, sealed = [] }) => ({ id, parts: sealed.filter((part) => wanted.has(part.class)) }));
    const keyIds = asked.flatMap(({ parts }) => parts.map((part) => part.keyId));
    const keys = await this.#keys.open([...new Set(keyIds)]);
    return asked.map(({ id, parts }) => {
      const contents: Record<string, JsonObject | Erased> = {};
      for (const part of parts) {
        if (part.class in contents) throw new SealBroken(id, part.class);
        contents[part.class] = opened(id, part, keys.get(part.keyId));
      }
      return contents;
    });
  }
}

function sealed(eventId: string, key: DataKey, content: JsonObject): SealedPart {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key.secret, nonce, { authTagLength: tagBytes });
  cipher.setAAD(bound(eventId, key.class));
  const ciphertext = Buffer.concat([cipher.update(padded(content)), cipher.final(), cipher.getAuthTag()]);
  return {
    keyId: key.id,
    class: key.class,
    nonce: nonce.toString('base64url'),
    ciphertext: ciphertext.toString('base64url'),
  };
}

function opened(eventId: string, part: SealedPart, key: DataKey | Erased | undefined): JsonObject | Erased {
  if (isErased(key)) return Erased;
  const nonce = exactly(part.nonce);
  const bytes = exactly(part.ciphertext);
  if (!key || nonce?.length !== nonceBytes || !bytes || bytes.length < tagBytes) {
    throw new SealBroken(eventId, part.class);
  }
  const end = bytes.length - tagBytes;
  const decipher = createDecipheriv('aes-256-gcm', key.secret, nonce, { authTagLength: tagBytes });
  decipher.setAAD(bound(eventId, part.class)).setAuthTag(bytes.subarray(end));
  const text = decipher.update(bytes.subarray(0, end));
  try {
    decipher.final();
  } catch {
    throw new SealBroken(eventId, part.class);
  }
  return JSON.parse(text.toString('utf8')) as JsonObject;
}

/** Ties a part to its place; a new format gets a new number. */
const bound = (eventId: string, keyClass: string) =>
  Buffer.from(JSON.stringify(['ihala-seal', format, eventId, keyClass]));

/** Trailing spaces are no part of JSON's value, so nothing needs to be cut off again. */
function padded(content: JsonObject): Buffer {
  const text = Buffer.from(JSON.stringify(content));
  return Buffer.concat([text], Math.ceil(text.length / block) * block).fill(' ', text.length);
}

/** Decodes base64url only when nothing in the text was ignored: Node's decoder forgives, a seal must not. */
function exactly(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
