import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keyringConformance } from './conformance/keyring.conformance.js';
import { KeyEncryptionKey } from './key-encryption-key.js';
import { isErased, KeyringUnavailable, PersonErased } from './keyring.js';
import { KeyringBusy, SqliteKeyring } from './sqlite-keyring.js';

const folderOf = () => mkdtempSync(join(tmpdir(), 'keyring-'));
const filesIn = (folder: string) => Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name))));

keyringConformance('SQLite', async () => {
  const folder = folderOf();
  return {
    open: async (kek, cache) => new SqliteKeyring(join(folder, 'keyring.sqlite'), kek, cache),
    bytes: async () => filesIn(folder),
    drop: async () => rmSync(folder, { recursive: true }),
  };
});

describe('the keyring file', () => {
  const aminata = '0193a000-0000-7000-8000-00000000000a';
  const kek = KeyEncryptionKey.generate();
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = folderOf();
    file = join(folder, 'keyring.sqlite');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('is its owner’s alone', async () => {
    const keyring = new SqliteKeyring(file, kek);
    await keyring.keysFor(aminata, ['identity']);
    for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o077).toBe(0);
    await keyring.close();
  });

  test('is none when it is kept in memory', async () => {
    const before = process.cwd();
    process.chdir(folder);
    try {
      const keyring = new SqliteKeyring(':memory:', kek);
      await keyring.keysFor(aminata, ['identity']);
      await keyring.close();
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      process.chdir(before);
    }
  });

  test('keeps no copy of a destroyed key, wrapped or not', async () => {
    const keyring = new SqliteKeyring(file, kek);
    const people = Array.from({ length: 40 }, () => randomUUID());
    for (const person of people) await keyring.keysFor(person, ['identity', 'health']);
    const reader = new DatabaseSync(file);
    const wrappedOf = (person: string) =>
      reader.prepare('SELECT wrapped FROM keys WHERE person = ?').all(person) as { wrapped: Uint8Array }[];
    for (const person of people.slice(0, 20)) {
      const keys = wrappedOf(person);
      for (const { wrapped } of keys) expect(filesIn(folder).includes(wrapped)).toBe(true);
      await keyring.destroy(person);
      for (const { wrapped } of keys) expect(filesIn(folder).includes(wrapped)).toBe(false);
    }
    reader.close();
    await keyring.close();
  });

  test('takes no new key of a person who was erased while the key was being made', async () => {
    const keyring = new SqliteKeyring(file, kek);
    const [asked] = await Promise.allSettled([keyring.keysFor(aminata, ['contact']), keyring.destroy(aminata)]);
    expect(asked).toMatchObject({ status: 'rejected', reason: expect.any(PersonErased) });
    await keyring.close();
    const reader = new DatabaseSync(file);
    expect(reader.prepare('SELECT class FROM keys WHERE wrapped IS NOT NULL').all()).toEqual([]);
    reader.close();
  });

  test('says so when another process holds on to what was to be wiped', async () => {
    const keyring = new SqliteKeyring(file, kek);
    const key = (await keyring.keysFor(aminata, ['identity'])).get('identity')!;
    const reader = new DatabaseSync(file);
    reader.exec('BEGIN; SELECT * FROM keys');
    await expect(keyring.destroy(aminata)).rejects.toBeInstanceOf(KeyringBusy);
    expect(isErased((await keyring.open([key.id])).get(key.id))).toBe(true);
    reader.exec('COMMIT');
    reader.close();
    await keyring.destroy(aminata);
    await keyring.close();
  }, 10_000);

  test('says that it cannot be written while another program holds it, and goes on after', async () => {
    const keyring = new SqliteKeyring(file, kek);
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    await expect(keyring.keysFor(aminata, ['identity'])).rejects.toBeInstanceOf(KeyringUnavailable);
    other.exec('ROLLBACK');
    other.close();
    expect((await keyring.keysFor(aminata, ['identity'])).size).toBe(1);
    await keyring.close();
  }, 10_000);

  test('a wrapped key that was moved to another row does not open', async () => {
    const keyring = new SqliteKeyring(file, kek);
    const made = await keyring.keysFor(aminata, ['identity', 'health']);
    await keyring.close();
    const db = new DatabaseSync(file);
    db.exec(`UPDATE keys SET wrapped = (SELECT wrapped FROM keys WHERE class = 'health')`);
    db.close();
    const reader = new SqliteKeyring(file, kek);
    await expect(reader.open([made.get('identity')!.id])).rejects.toThrow();
    await reader.close();
  });

  test('a key that was handed out survives kill -9 at once after', async () => {
    const sources =
      'import{registerHooks}from"node:module";registerHooks({resolve:(s,c,next)=>next(s.startsWith(".")?s.replace(/\\.js$/,".ts"):s,c)})';
    const writer = fileURLToPath(new URL('./keyring-writer.fixtures.ts', import.meta.url));
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--import', `data:text/javascript,${sources}`, writer, file],
      { env: { ...process.env, IHALA_KEK: kek.toBase64(), NODE_OPTIONS: '' }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let printed = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
      if (printed.length > 20_000) child.kill('SIGKILL');
    });
    const [, signal] = (await once(child, 'close')) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
    const handedOut = printed
      .split('\n')
      .slice(0, -1)
      .map((line) => line.split(' ') as [string, string]);
    expect(handedOut.length).toBeGreaterThan(100);
    const keyring = new SqliteKeyring(file, kek);
    const opened = await keyring.open(handedOut.map(([id]) => id));
    for (const [id, secret] of handedOut) {
      const key = opened.get(id);
      expect(key && !isErased(key) && key.secret.export().toString('hex')).toBe(secret);
    }
    await keyring.close();
  }, 20_000);
});
