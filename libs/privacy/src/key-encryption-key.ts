import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes, type KeyObject } from 'node:crypto';

const nonceBytes = 12;
const tagBytes = 16;
const forms: readonly (readonly [RegExp, BufferEncoding])[] = [
  [/^[0-9a-f]{64}$/i, 'hex'],
  [/^[A-Za-z0-9+/]{43}=?$/, 'base64'],
  [/^[A-Za-z0-9_-]{43}=?$/, 'base64url'],
];

/** The key-encryption key is missing, malformed, badly kept, or not the one the keyring was made with. */
export class KeyEncryptionKeyRefused extends Error {}

/** Wraps the keys of persons; given from outside, never stored beside what it protects. */
export class KeyEncryptionKey {
  readonly #secret: Buffer;
  readonly #wrapping: KeyObject;

  private constructor(secret: Buffer) {
    this.#secret = secret;
    this.#wrapping = createSecretKey(this.derive('wrap'));
  }

  /**
   * @param text 32 bytes as base64, base64url or hex
   * @throws KeyEncryptionKeyRefused for anything else; the message does not repeat the text
   */
  static parse(text: string, name = 'IHALA_KEK'): KeyEncryptionKey {
    const trimmed = text.trim();
    for (const [form, encoding] of forms) {
      if (form.test(trimmed)) return new KeyEncryptionKey(Buffer.from(trimmed, encoding));
    }
    throw new KeyEncryptionKeyRefused(
      `${name} must be 32 random bytes as base64, base64url or hex (openssl rand -base64 32)`,
    );
  }

  static generate(): KeyEncryptionKey {
    return new KeyEncryptionKey(randomBytes(32));
  }

  /** What `parse` reads. For the file that keeps it, nothing else. */
  toBase64(): string {
    return this.#secret.toString('base64');
  }

  /** A secret of 32 bytes that others may use without holding the key itself: HKDF-SHA-256 (RFC 5869) by label. */
  derive(label: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#secret, '', `ihala/${label}`, 32));
  }

  /** AES-256-GCM: nonce, ciphertext and tag in one. */
  wrap(secret: Buffer, keyId: string, keyClass: string): Buffer {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#wrapping, nonce, { authTagLength: tagBytes });
    cipher.setAAD(bound(keyId, keyClass));
    return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]);
  }

  /** @throws Error when the wrapped key was changed, or stands under another id or class than its own */
  unwrap(wrapped: Uint8Array, keyId: string, keyClass: string): KeyObject {
    const end = wrapped.length - tagBytes;
    const decipher = createDecipheriv('aes-256-gcm', this.#wrapping, wrapped.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(bound(keyId, keyClass)).setAuthTag(wrapped.subarray(end));
    return createSecretKey(Buffer.concat([decipher.update(wrapped.subarray(nonceBytes, end)), decipher.final()]));
  }
}

const bound = (keyId: string, keyClass: string) => Buffer.from(JSON.stringify(['ihala-key', 1, keyId, keyClass]));
