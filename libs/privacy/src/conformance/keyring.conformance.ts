import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SealClass } from '@ihala/contracts';
import { KeyCache } from '../key-cache.js';
import { KeyEncryptionKey } from '../key-encryption-key.js';
import { ClassNotOpen, Erased, everything, PersonErased, WrongKeyEncryptionKey } from '../keyring.js';
import type { DataKey, Keyring } from '../keyring.js';

/** One empty store of keys, to be opened as often as a test likes. */
export interface KeyringFixture {
  open(kek: KeyEncryptionKey, cache?: KeyCache): Promise<Keyring>;
  /** everything that the store has written, as it lies on disk */
  bytes(): Promise<Buffer>;
  drop(): Promise<void>;
}

const aminata = '0193a000-0000-7000-8000-00000000000a';
const yusuf = '0193a000-0000-7000-8000-00000000000b';
const raw = (key: DataKey | Erased | undefined) => (key as DataKey).secret.export().toString('hex');

/** What every engine's keyring must do. */
export function keyringConformance(engine: string, make: () => Promise<KeyringFixture>): void {
  describe(`keyring on ${engine}`, () => {
    const kek = KeyEncryptionKey.generate();
    let fixture: KeyringFixture;
    const opened: Keyring[] = [];
    const open = async (with_ = kek, cache?: KeyCache) => {
      const keyring = await fixture.open(with_, cache);
      opened.push(keyring);
      return keyring;
    };
    const close = async () => {
      for (const keyring of opened.splice(0)) await keyring.close();
    };
    beforeEach(async () => {
      fixture = await make();
    });
    afterEach(async () => {
      await close();
      await fixture.drop();
    });

    const one = async (keyring: Keyring, person: string, name: SealClass) =>
      (await keyring.keysFor(person, [name])).get(name)!;

    test('gives one random key a person and class, and the same one for ever', async () => {
      const keyring = await open();
      const first = await keyring.keysFor(aminata, ['identity', 'health']);
      const others = await keyring.keysFor(yusuf, ['identity']);
      const all = [...first.values(), ...others.values()];
      expect(all.map((key) => key.class).sort()).toEqual(['health', 'identity', 'identity']);
      expect(new Set(all.map(raw)).size).toBe(3);
      for (const key of all) {
        expect(key.secret.symmetricKeySize).toBe(32);
        expect(key.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4/);
      }
      await close();
      const later = await (await open()).keysFor(aminata, ['health', 'contact', 'identity']);
      expect(raw(later.get('identity'))).toBe(raw(first.get('identity')));
      expect(later.get('health')!.id).toBe(first.get('health')!.id);
    });

    test('opens keys by id, and leaves out ids that never were', async () => {
      const keyring = await open();
      const made = await keyring.keysFor(aminata, ['identity', 'health']);
      const ids = [...made.values()].map((key) => key.id);
      for (const reader of [keyring, await open()]) {
        const found = await reader.open([...ids, '00000000-0000-4000-8000-000000000000']);
        expect([...found.keys()].sort()).toEqual([...ids].sort());
        for (const key of made.values()) expect(raw(found.get(key.id))).toBe(raw(key));
      }
    });

    test('twenty that ask at once get one key', async () => {
      const keyrings = [await open(), await open()];
      const asked = await Promise.all(
        Array.from({ length: 20 }, (_, index) => one(keyrings[index % 2]!, aminata, 'identity')),
      );
      expect(new Set(asked.map((key) => key.id)).size).toBe(1);
      expect(new Set(asked.map(raw)).size).toBe(1);
    });

    test('a destroyed key is gone for everyone, and never made again', async () => {
      const keyring = await open();
      const { health, identity } = Object.fromEntries(await keyring.keysFor(aminata, ['identity', 'health']));
      await keyring.destroy(aminata, ['health', 'violence']);
      for (const reader of [keyring, await open()]) {
        const found = await reader.open([health!.id, identity!.id]);
        expect(found.get(health!.id)).toBe(Erased);
        expect(raw(found.get(identity!.id))).toBe(raw(identity));
        await expect(reader.keysFor(aminata, ['health'])).rejects.toBeInstanceOf(PersonErased);
        await expect(reader.keysFor(aminata, ['violence'])).rejects.toBeInstanceOf(PersonErased);
      }
      await keyring.destroy(aminata, ['health']);
      await expect(one(keyring, aminata, 'contact')).resolves.toBeDefined();
    });

    test('erasing a person reaches all classes, those never used included, and nobody else', async () => {
      const keyring = await open();
      const key = await one(keyring, aminata, 'identity');
      const other = await one(keyring, yusuf, 'identity');
      await keyring.destroy(aminata);
      await keyring.destroy(aminata, everything);
      await close();
      const reader = await open();
      expect((await reader.open([key.id, other.id])).get(key.id)).toBe(Erased);
      await expect(reader.keysFor(aminata, ['education'])).rejects.toBeInstanceOf(PersonErased);
      expect(raw(await one(reader, yusuf, 'identity'))).toBe(raw(other));
    });

    test('a refused request leaves no key behind', async () => {
      const keyring = await open();
      await keyring.destroy(aminata, ['health']);
      const before = await fixture.bytes();
      await expect(keyring.keysFor(aminata, ['identity', 'health'])).rejects.toBeInstanceOf(PersonErased);
      expect((await fixture.bytes()).equals(before)).toBe(true);
    });

    test('of a destruction and a request at once, no key outlives the destruction', async () => {
      const keyring = await open();
      const key = await one(keyring, aminata, 'identity');
      const fresh = await open();
      await Promise.all([fresh.open([key.id]), fresh.destroy(aminata), fresh.open([key.id])]);
      expect((await fresh.open([key.id])).get(key.id)).toBe(Erased);
    });

    test('what another process destroyed is gone here when the cache grows old', async () => {
      const keyring = await open(kek, new KeyCache(10, 0));
      const key = await one(keyring, aminata, 'identity');
      await (await open()).destroy(aminata);
      expect((await keyring.open([key.id])).get(key.id)).toBe(Erased);
    });

    test('a scope opens its own classes and no other, in both directions', async () => {
      const keyring = await open();
      const employment = keyring.scopedTo(['identity', 'employment']);
      const { health, identity } = Object.fromEntries(await keyring.keysFor(aminata, ['identity', 'health']));
      await expect(employment.keysFor(aminata, ['identity', 'health'])).rejects.toBeInstanceOf(ClassNotOpen);
      for (const scope of [employment, (await open()).scopedTo(['identity', 'employment'])]) {
        expect([...(await scope.open([health!.id, identity!.id])).keys()]).toEqual([identity!.id]);
      }
      await keyring.destroy(aminata);
      expect([...(await employment.open([health!.id, identity!.id])).keys()]).toEqual([identity!.id]);
    });

    test('another key-encryption key is refused at the start', async () => {
      await open();
      await expect(open(KeyEncryptionKey.generate())).rejects.toBeInstanceOf(WrongKeyEncryptionKey);
      await expect(open()).resolves.toBeDefined();
    });

    test('nothing written can open anything without the key-encryption key', async () => {
      const keyring = await open();
      const keys = [...(await keyring.keysFor(aminata, ['identity', 'health'])).values()];
      const written = await fixture.bytes();
      expect(written.includes(keys[0]!.id)).toBe(true);
      for (const key of keys) expect(written.includes(key.secret.export())).toBe(false);
      expect(written.includes(Buffer.from(kek.toBase64(), 'base64'))).toBe(false);
      expect(written.includes(kek.derive('wrap'))).toBe(false);
    });
  });
}
