import { closeSync, existsSync, mkdirSync, openSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';
import type { DataFileReader } from '@ihala/event-log-sqlite';
import { flush, keyringName, makeFolder, openDataFolder } from '../data-folder.js';
import { forks } from './forks.js';
import { type BackupFile, described, parts, writeManifest } from './manifest.js';
import { verify } from './verify.js';

/** Pages copied before others get their turn. */
const pagesAtOnce = 2000;
/** Each try is a moment's work. */
const mostTries = 500;

export interface Progress {
  (what: string, copied: number, total: number): void;
}

/**
 * Copies all logs, as one set that fits together, and then the keyring: every key that the logs need was made before.
 * Ihala may be serving meanwhile, and is not held up.
 * @param to absolute; does not exist, or is empty; apart from the data @returns what was written, after reading it again
 */
export async function takeBackup(from: string, to: string, progress: Progress): Promise<readonly BackupFile[]> {
  if (!existsSync(join(from, keyringName))) throw new Error(`${from} is no data folder of Ihala`);
  requireElsewhere(to, from);
  const readers = openDataFolder(from);
  try {
    makeEmpty(to);
    return await write(from, to, { readers, progress }).catch((error: unknown) => {
      // what was not finished shall not lie about like a backup
      for (const part of parts) rmSync(join(to, part), { recursive: true, force: true });
      throw error;
    });
  } finally {
    for (const reader of readers) reader.close();
  }
}

async function write(
  from: string,
  to: string,
  { readers, progress }: { readers: readonly DataFileReader[]; progress: Progress },
): Promise<readonly BackupFile[]> {
  const begunAt = new Date().toISOString();
  for (const part of parts) mkdirSync(join(to, part), { mode: 0o700 });
  await pinTogether(readers);
  const files: BackupFile[] = [];
  for (const reader of readers) {
    const path = join(to, 'logs', `${reader.service}.sqlite`);
    const log = reader.state();
    await copy(reader.db, path, (...pages) => progress(reader.service, ...pages));
    files.push({ ...(await described(path)), log });
  }
  writeManifest(join(to, 'logs'), { part: 'logs', begunAt, files });
  const keyring = await copyKeyring(join(from, keyringName), join(to, 'keyring', keyringName), progress);
  writeManifest(join(to, 'keyring'), { part: 'keyring', begunAt, files: [keyring] });
  await verify(to);
  return [...files, keyring];
}

/** Whatever takes care of the data folder would take the backup with it, and the keyring's old copies would never be apart. */
function requireElsewhere(to: string, from: string): void {
  const [backup, data] = [placeOf(to), placeOf(from)];
  const within = (inner: string, outer: string) =>
    `${inner}${sep}`.startsWith(outer.endsWith(sep) ? outer : `${outer}${sep}`);
  if (within(backup, data)) throw new Error(`${to} lies in the data folder ${from}: a backup goes elsewhere`);
  if (within(data, backup)) throw new Error(`${to} holds the data folder ${from}: a backup goes elsewhere`);
}

/** Where a path leads, links followed, as far as it is there. */
const placeOf = (path: string): string =>
  existsSync(path) ? realpathSync(path) : join(placeOf(dirname(path)), basename(path));

function makeEmpty(to: string): void {
  makeFolder(to);
  if (readdirSync(to).length > 0) throw new Error(`${to} is not empty: a backup goes into a folder of its own`);
}

/**
 * Pins every log to one moment, such that none has heard more of another than that one holds itself. Services hear of each
 * other both ways, so no order of looking is right by itself: they are looked at together until it is.
 */
async function pinTogether(readers: readonly DataFileReader[]): Promise<void> {
  for (let tries = 0; tries < mostTries; tries += 1) {
    for (const reader of readers) reader.pin();
    if (forks(readers.map((reader) => reader.state())).length === 0) return;
    await pause(1 + (tries % 5));
  }
  throw new Error(
    `no moment was found at which the logs fit together: ${forks(readers.map((r) => r.state())).join('; ')}`,
  );
}

async function copyKeyring(from: string, to: string, progress: Progress): Promise<BackupFile> {
  const db = new DatabaseSync(from, { readOnly: true, timeout: 2000 });
  try {
    db.exec('BEGIN; SELECT count(*) FROM kek_check');
    await copy(db, to, (...pages) => progress('keyring', ...pages));
  } finally {
    db.close();
  }
  return described(to);
}

/** The database as its connection sees it, which is pinned, in one file that is on disk. */
async function copy(db: DatabaseSync, to: string, progress: (copied: number, total: number) => void): Promise<void> {
  closeSync(openSync(to, 'wx', 0o600));
  const total = await backup(db, to, {
    rate: pagesAtOnce,
    progress: ({ totalPages, remainingPages }) => progress(totalPages - remainingPages, totalPages),
  });
  progress(total, total);
  const copied = new DatabaseSync(to);
  try {
    copied.exec('PRAGMA journal_mode = DELETE');
  } finally {
    copied.close();
  }
  flush(to);
}
