import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { takeBackup } from './take.js';

/** A data folder, and beside it a link to it, a link to that link, and one to a folder inside. */
let around: string;
let data: string;
beforeEach(() => {
  around = mkdtempSync(join(tmpdir(), 'backup-'));
  data = join(around, 'data');
  mkdirSync(join(data, 'empty'), { recursive: true });
  writeFileSync(join(data, 'keyring.sqlite'), '');
  symlinkSync(data, join(around, 'link'));
  symlinkSync(join(around, 'link'), join(around, 'again'));
  symlinkSync(join(data, 'empty'), join(around, 'inside'));
});
afterEach(() => rmSync(around, { recursive: true }));
const taken = (to: string, from = data) => takeBackup(from, to, () => undefined);

describe('a backup', () => {
  it.each<[string, () => string]>([
    ['a folder to be made inside', () => join(data, 'inside')],
    ['a folder inside', () => join(data, 'empty')],
    ['a folder in a folder to be made', () => join(data, 'a', 'b')],
    ['itself', () => data],
    ['one by a link', () => join(around, 'again', 'x')],
    ['one that a link names', () => join(around, 'inside')],
    ['the folder around it', () => dirname(data)],
    ['the root', () => '/'],
  ])('never goes into its data folder, nor holds it: %s', async (_, to) => {
    for (const from of [data, join(around, 'again')]) {
      await expect(taken(to(), from)).rejects.toThrow(/ the data folder .*: a backup goes elsewhere/);
    }
    expect(readdirSync(data).toSorted()).toEqual(['empty', 'keyring.sqlite']);
  });

  it('may lie beside it, under a name that begins alike', async () => {
    await expect(taken(`${data}-backup`)).rejects.toThrow(/is no data folder of Ihala/);
  });
});
