import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { flush, makeFolder } from '../data-folder.js';
import { described, type Manifest } from './manifest.js';
import { verify } from './verify.js';

/** The one thing that may be there before: it is brought by hand, and never in a backup. */
const kekName = 'kek';
/** Where files lie until all of them are there; gone when the restore has ended. */
const stageIn = (folder: string): string => join(folder, 'restoring');

/** Whether a restore into this folder began and did not end: what lies there is not all there was. */
export const restoreUnfinished = (folder: string): boolean => existsSync(stageIn(folder));

/**
 * Puts a backup into a data folder that is empty, but for the key-encryption key perhaps. Until all of it is there, a start
 * refuses the folder, so that none begins with a part.
 * @throws Error when the backup is not whole, or there is something already; then nothing was put there
 */
export async function restoreBackup(from: string, to: string): Promise<{ logs: Manifest; keyring: Manifest }> {
  const found = await verify(from);
  const files = [found.keyring, found.logs].flatMap(({ part, files }) => files.map((file) => ({ part, ...file })));
  makeFolder(to);
  requireEmpty(to);
  const stage = stageIn(to);
  mkdirSync(stage, { mode: 0o700 });
  try {
    for (const { part, name, sha256 } of files) {
      copyDurably(join(from, part, name), join(stage, name));
      if ((await described(join(stage, name))).sha256 !== sha256) throw new Error(`${name} is not what was read`);
    }
    for (const { name } of files) renameSync(join(stage, name), join(to, name));
    flush(to);
  } catch (error) {
    for (const { name } of files) rmSync(join(to, name), { force: true });
    rmSync(stage, { recursive: true });
    throw error;
  }
  rmdirSync(stage);
  flush(to);
  return found;
}

function requireEmpty(folder: string): void {
  const present = readdirSync(folder).filter((name) => name !== kekName);
  if (present.length === 0) return;
  throw new Error(
    `${folder} is not empty (${present.slice(0, 3).join(', ')}): stop Ihala if it runs there, move the folder away, restore into a new one`,
  );
}

function copyDurably(from: string, to: string): void {
  copyFileSync(from, to, constants.COPYFILE_EXCL);
  chmodSync(to, 0o600);
  flush(to);
}
