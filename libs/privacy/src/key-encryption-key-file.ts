import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { KeyEncryptionKey, KeyEncryptionKeyRefused } from './key-encryption-key.js';

export interface LoadedKey {
  readonly key: KeyEncryptionKey;
  /** `made`: just now, so the operator must be told to keep a copy of `file` apart from the data */
  readonly from: 'environment' | 'file' | 'made';
  readonly file?: string;
}

/**
 * The key-encryption key of the embedded engine: the one given, else the one in `<folder>/kek`, else a new one there.
 * @param given the value of `IHALA_KEK`
 * @param keyring path of the keyring; when it exists, a new key could open nothing in it, so none is made
 * @throws KeyEncryptionKeyRefused
 */
export function loadKeyEncryptionKey(given: string | undefined, folder: string, keyring: string): LoadedKey {
  if (given !== undefined) return { key: KeyEncryptionKey.parse(given), from: 'environment' };
  const file = join(folder, 'kek');
  if (existsSync(file)) return { key: read(file), from: 'file', file };
  if (existsSync(keyring)) {
    throw new KeyEncryptionKeyRefused(
      `${keyring} exists, but its key-encryption key ${file} does not: put the file back or set IHALA_KEK`,
    );
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const made = make(folder, file);
  return { key: read(file), from: made ? 'made' : 'file', file };
}

function read(file: string): KeyEncryptionKey {
  // Windows keeps no such modes; what Node reports there says nothing.
  if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) {
    throw new KeyEncryptionKeyRefused(`${file} can be read by other users of this machine: chmod 600 it`);
  }
  return KeyEncryptionKey.parse(readFileSync(file, 'utf8'), file);
}

/**
 * Written whole beside its place and then linked there: a crash leaves no half key, and of two processes one wins.
 * @returns false when another process was first
 */
function make(folder: string, file: string): boolean {
  const draft = `${file}.${randomUUID()}`;
  const descriptor = openSync(draft, 'wx', 0o600);
  try {
    writeSync(descriptor, `${KeyEncryptionKey.generate().toBase64()}\n`);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(draft);
    syncFolder(folder);
  }
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
