import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isDeepStrictEqual } from 'node:util';
import { DataFileReader } from '@ihala/event-log-sqlite';
import { forks } from './forks.js';
import { type BackupFile, type Manifest, readManifest, requireUnchanged } from './manifest.js';

/**
 * Reads a whole backup: every file is what was written, whole in itself, a log that ends where it is said to end; together
 * they fit; and the keyring was not copied before the logs, whose newest keys it would lack.
 * @throws Error that says what is wrong
 */
export async function verify(folder: string): Promise<{ logs: Manifest; keyring: Manifest }> {
  const [logs, keyring] = [readManifest(folder, 'logs'), readManifest(folder, 'keyring')];
  await requireUnchanged(folder, logs);
  await requireUnchanged(folder, keyring);
  for (const file of [...logs.files, ...keyring.files]) {
    requireWhole(join(folder, file.log ? 'logs' : 'keyring', file.name), file);
  }
  const together = forks(logs.files.flatMap(({ log }) => log ?? []));
  if (together.length > 0) throw new Error(`the logs do not fit together: ${together.join('; ')}`);
  if (keyring.begunAt < logs.begunAt) {
    throw new Error(
      `the keyring is of ${keyring.begunAt}, older than the logs of ${logs.begunAt}: keys would be missing`,
    );
  }
  return { logs, keyring };
}

function requireWhole(path: string, { log }: BackupFile): void {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const { quick_check: found } = db.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
    if (found !== 'ok') throw new Error(`${path} is damaged: ${found}`);
  } finally {
    db.close();
  }
  if (!log) return;
  const reader = DataFileReader.open(path);
  try {
    if (!isDeepStrictEqual(reader.state(), log)) throw new Error(`${path} does not end where its manifest says`);
  } finally {
    reader.close();
  }
}
