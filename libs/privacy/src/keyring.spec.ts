import { expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyCache } from './key-cache.js';
import { KeyEncryptionKey } from './key-encryption-key.js';
import { Erased, type DataKey, type StoredKey } from './keyring.js';
import { SqliteKeyring } from './sqlite-keyring.js';

const aminata = '0193a000-0000-7000-8000-00000000000a';

/** Answers from a store far away: what was read may be old when it arrives. */
class SlowKeyring extends SqliteKeyring {
  delay: Promise<void> | undefined;
  protected override async rowsAt(ids: readonly string[]): Promise<readonly StoredKey[]> {
    const rows = await super.rowsAt(ids);
    await this.delay;
    return rows;
  }
}

test('a key destroyed while its row was on the way does not come back into the cache', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyring-'));
  const file = join(folder, 'keyring.sqlite');
  const kek = KeyEncryptionKey.generate();
  const writer = new SqliteKeyring(file, kek);
  const key = (await writer.keysFor(aminata, ['identity'])).get('identity')!;
  const slow = new SlowKeyring(file, kek);
  const arrival = Promise.withResolvers<void>();
  slow.delay = arrival.promise;
  const asked = slow.open([key.id]);
  await slow.destroy(aminata);
  arrival.resolve();
  await asked;
  expect((await slow.open([key.id])).get(key.id)).toBe(Erased);
  await slow.close();
  await writer.close();
  rmSync(folder, { recursive: true });
});

test('the cache keeps the keys used last, and no more than its size', () => {
  const cache = new KeyCache(2);
  const [a, b, c] = ['a', 'b', 'c'].map((id) => ({ id }) as DataKey) as [DataKey, DataKey, DataKey];
  cache.put(a);
  cache.put(b);
  expect(cache.get('a')).toBe(a);
  cache.put(c);
  expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([a, undefined, c]);
  cache.evict(['a']);
  expect(cache.get('a')).toBeUndefined();
});
