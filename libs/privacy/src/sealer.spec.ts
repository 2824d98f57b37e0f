import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dataClasses, type SealClass } from '@ihala/contracts';
import { KeyEncryptionKey } from './key-encryption-key.js';
import { ClassNotOpen, Erased, isErased, PersonErased } from './keyring.js';
import { Sealer, SealBroken, type SealedPart } from './sealer.js';
import { SqliteKeyring } from './sqlite-keyring.js';

const aminata = '0193a000-0000-7000-8000-00000000000a';
const yusuf = '0193a000-0000-7000-8000-00000000000b';
const opened = '0193a000-0000-7000-8000-0000000000e1';
const corrected = '0193a000-0000-7000-8000-0000000000e2';
const contents = {
  identity: { givenName: 'Aminata', familyName: 'Diallo', languages: ['fr', 'ar'], birthYear: 1998 },
  contact: { phone: '+212600000001', safeContact: { channel: 'sms', note: 'أختها' } },
  'texts-cases': { reason: 'odd \ud800 text', 'a "key"': true },
};
const all: readonly SealClass[] = [...dataClasses, 'texts-cases'];

let folder: string;
let keyring: SqliteKeyring;
let sealer: Sealer;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sealer-'));
  keyring = new SqliteKeyring(join(folder, 'keyring.sqlite'), KeyEncryptionKey.generate());
  sealer = new Sealer(keyring.scopedTo(all));
});
afterEach(async () => {
  await keyring.close();
  rmSync(folder, { recursive: true });
});

describe('sealing', () => {
  test('what was sealed is unsealed, as far as it is asked for', async () => {
    const parts = await sealer.seal(aminata, opened, contents);
    expect(parts.map((part) => part.class)).toEqual(['contact', 'identity', 'texts-cases']);
    expect(await sealer.unseal(opened, parts, all)).toEqual(contents);
    expect(await sealer.unseal(opened, parts, ['identity', 'health'])).toEqual({ identity: contents.identity });
    expect(await sealer.unseal(opened, [], all)).toEqual({});
    expect(await sealer.seal(aminata, opened, {})).toEqual([]);
  });

  test('nothing of it shows, its length hardly', async () => {
    const parts = await sealer.seal(aminata, opened, { identity: {}, contact: { phone: '+212600000001' } });
    const longer = await sealer.seal(aminata, opened, { identity: { alias: 'x'.repeat(120) } });
    expect(JSON.stringify(parts)).not.toMatch(/phone|2126|identity":/);
    const lengths = [...parts, ...longer].map(({ ciphertext }) => Buffer.from(ciphertext, 'base64url').length);
    expect(lengths).toEqual([128 + 16, 128 + 16, 256 + 16]);
  });

  test('the same content never looks the same', async () => {
    const [first] = await sealer.seal(aminata, opened, { identity: contents.identity });
    const [second] = await sealer.seal(aminata, opened, { identity: contents.identity });
    expect(first!.keyId).toBe(second!.keyId);
    expect(first!.nonce).not.toBe(second!.nonce);
    expect(first!.ciphertext).not.toBe(second!.ciphertext);
  });

  test('a service neither seals nor unseals a class that is not its own', async () => {
    const parts = await sealer.seal(aminata, opened, contents);
    const employment = new Sealer(keyring.scopedTo(['identity', 'contact', 'status', 'texts-employment']));
    expect(await employment.unseal(opened, parts, all)).toEqual({
      identity: contents.identity,
      contact: contents.contact,
    });
    await expect(employment.seal(aminata, opened, { identity: {}, health: {} })).rejects.toBeInstanceOf(ClassNotOpen);
  });

  test('many events are unsealed in their order, with one look at the keyring', async () => {
    const events = [
      { id: opened, sealed: await sealer.seal(aminata, opened, contents) },
      { id: 'no parts' },
      { id: corrected, sealed: await sealer.seal(yusuf, corrected, { identity: { alias: 'Yusuf' } }) },
    ];
    const scope = keyring.scopedTo(all);
    let looks = 0;
    const counting = Object.assign(Object.create(scope), {
      classes: scope.classes,
      open: (ids: string[]) => ((looks += 1), scope.open(ids)),
    });
    expect(await new Sealer(counting).unsealAll(events, ['identity'])).toEqual([
      { identity: contents.identity },
      {},
      { identity: { alias: 'Yusuf' } },
    ]);
    expect(looks).toBe(1);
  });
});

describe('erasure', () => {
  test('leaves the other classes, and can’t be mistaken for content', async () => {
    const parts = await sealer.seal(aminata, opened, contents);
    await keyring.destroy(aminata, ['contact']);
    const unsealed = await sealer.unseal(opened, parts, all);
    expect(unsealed).toEqual({ ...contents, contact: Erased });
    expect(isErased(unsealed.contact)).toBe(true);
    expect(JSON.stringify({ contact: unsealed.contact })).toBe('{}');
    await expect(sealer.seal(aminata, corrected, { contact: {} })).rejects.toBeInstanceOf(PersonErased);
  });
});

describe('a part that was tampered with', () => {
  const broken = async (parts: readonly SealedPart[], eventId = opened) =>
    expect(sealer.unseal(eventId, parts, all)).rejects.toBeInstanceOf(SealBroken);
  /** Every way to change one character, one at each place. */
  const variants = (text: string) => [
    ...[...text].map((char, at) => text.slice(0, at) + (char === 'A' ? 'B' : 'A') + text.slice(at + 1)),
    text.slice(0, -1),
    `${text}A`,
    `${text}=`,
    `${text}!`,
    ` ${text}`,
    '',
  ];

  test('in any character of nonce and ciphertext', async () => {
    const [part] = await sealer.seal(aminata, opened, { identity: contents.identity });
    for (const nonce of variants(part!.nonce)) await broken([{ ...part!, nonce }]);
    for (const ciphertext of variants(part!.ciphertext)) await broken([{ ...part!, ciphertext }]);
  });

  test('by giving it another key: unknown, another person’s, another class’s, one out of scope', async () => {
    const [part] = await sealer.seal(aminata, opened, { identity: contents.identity });
    const others = await keyring.keysFor(yusuf, ['identity']);
    const own = await keyring.keysFor(aminata, ['contact', 'texts-health']);
    const ids = [...others.values(), ...own.values()].map((key) => key.id);
    for (const keyId of [...ids, 'no such key']) await broken([{ ...part!, keyId }]);
  });

  test('by calling it another class', async () => {
    const parts = await sealer.seal(aminata, opened, contents);
    for (const part of parts) {
      for (const name of all) if (name !== part.class) await broken([{ ...part, class: name }]);
    }
  });

  test('by moving it to another event, or putting it there twice', async () => {
    const parts = await sealer.seal(aminata, opened, contents);
    await broken(parts, corrected);
    await broken([...parts, ...parts]);
  });

  test('by swapping what two parts of one event hold', async () => {
    const [first, second] = (await sealer.seal(aminata, opened, contents)) as [SealedPart, SealedPart];
    await broken([{ ...first, nonce: second.nonce, ciphertext: second.ciphertext }]);
  });
});
