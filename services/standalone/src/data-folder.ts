import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DataFileReader } from '@ihala/event-log-sqlite';

export const keyringName = 'keyring.sqlite';

/** Absolute. @param given on the command line */
export const dataFolder = (given: string | undefined): string =>
  resolve(given ?? process.env['IHALA_DATA'] ?? './data');

/** Each service's data, to be looked into only. @throws Error when there is none */
export function openDataFolder(folder: string): readonly DataFileReader[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const files = names.filter((name) => name.endsWith('.sqlite') && name !== keyringName);
  if (files.length === 0) throw new Error(`${folder} is no data folder of Ihala`);
  return files.map((name) => DataFileReader.open(join(folder, name)));
}

/** Its owner's alone, and those it lies in; nothing when it is there. Node's own `recursive` has no end under /proc. */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
    const parent = dirname(resolve(folder));
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || existsSync(parent)) throw error;
    makeFolder(parent);
    makeFolder(folder);
  }
}

/** On disk when it returns: what a file holds, or which files a folder holds. */
export function flush(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
