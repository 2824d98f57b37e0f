import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { loadKeyEncryptionKey } from './key-encryption-key-file.js';
import { KeyEncryptionKey, KeyEncryptionKeyRefused } from './key-encryption-key.js';

describe('the key-encryption key', () => {
  test('is read from base64, base64url and hex alike', () => {
    for (let round = 0; round < 50; round += 1) {
      const bytes = randomBytes(32);
      for (const text of [
        bytes.toString('base64'),
        bytes.toString('base64').replace('=', ''),
        bytes.toString('base64url'),
        bytes.toString('hex'),
        bytes.toString('hex').toUpperCase(),
        `${bytes.toString('base64')}\n`,
      ]) {
        expect(KeyEncryptionKey.parse(text).toBase64()).toBe(bytes.toString('base64'));
      }
    }
  });

  test.each(['', 'secret', randomBytes(31).toString('base64'), randomBytes(33).toString('hex'), '*'.repeat(43)])(
    'refuses %p without repeating it',
    (text) => {
      const attempt = () => KeyEncryptionKey.parse(text);
      expect(attempt).toThrow(KeyEncryptionKeyRefused);
      expect(attempt).toThrow(/^IHALA_KEK must be 32 random bytes as base64, base64url or hex \(openssl rand/);
    },
  );

  test('derives secrets that depend on key and label, and stay the same', () => {
    const kek = KeyEncryptionKey.parse('00'.repeat(31) + '01');
    expect(kek.derive('fingerprint').toString('hex')).toBe(
      '06863a115fd661012181033f1d17290bcb7eebda9aed266b2513cf30023d46bc',
    );
    expect(kek.derive('cursor')).not.toEqual(kek.derive('fingerprint'));
    expect(KeyEncryptionKey.generate().derive('cursor')).not.toEqual(kek.derive('cursor'));
  });

  test('does not show itself', () => {
    const kek = KeyEncryptionKey.parse('ab'.repeat(32));
    expect(inspect(kek, { depth: 5, showHidden: true }) + JSON.stringify(kek)).not.toMatch(/ab ab|abab|q6ur/i);
  });
});

describe('where the embedded engine finds it', () => {
  let folder: string;
  let keyring: string;
  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'kek-')), 'data');
    keyring = join(folder, 'keyring.sqlite');
  });
  afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

  test('made once, for its owner alone, and found again', () => {
    const first = loadKeyEncryptionKey(undefined, folder, keyring);
    expect(first).toMatchObject({ from: 'made', file: join(folder, 'kek') });
    expect(statSync(first.file!).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['kek']);
    writeFileSync(keyring, '');
    const again = loadKeyEncryptionKey(undefined, folder, keyring);
    expect(again.from).toBe('file');
    expect(again.key.toBase64()).toBe(first.key.toBase64());
  });

  test('the one given from outside goes first, and makes no file', () => {
    const given = KeyEncryptionKey.generate().toBase64();
    expect(loadKeyEncryptionKey(given, folder, keyring)).toMatchObject({ from: 'environment' });
    expect(() => statSync(folder)).toThrow();
    expect(() => loadKeyEncryptionKey('', folder, keyring)).toThrow(KeyEncryptionKeyRefused);
  });

  test('no new one where a keyring waits for the old one', () => {
    const { file } = loadKeyEncryptionKey(undefined, folder, keyring);
    writeFileSync(keyring, '');
    rmSync(file!);
    expect(() => loadKeyEncryptionKey(undefined, folder, keyring)).toThrow(/put the file back or set IHALA_KEK/);
  });

  test('a file that others can read, or that holds something else, is refused', () => {
    const { file } = loadKeyEncryptionKey(undefined, folder, keyring);
    chmodSync(file!, 0o640);
    expect(() => loadKeyEncryptionKey(undefined, folder, keyring)).toThrow(/chmod 600/);
    chmodSync(file!, 0o600);
    writeFileSync(file!, 'half a k');
    expect(() => loadKeyEncryptionKey(undefined, folder, keyring)).toThrow(`${file} must be 32 random bytes`);
  });
});
