import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export type Json = Readonly<Record<string, unknown>>;

/** One row of a log, with its envelope put together again. */
export interface LoggedEvent {
  readonly position: number;
  /** undefined: an event of the service itself */
  readonly source: string | undefined;
  readonly stream: string;
  readonly version: number;
  readonly sequence: number;
  readonly recordedAt: string;
  /** what the column says; the envelope says it too */
  readonly caseId: string | undefined;
  readonly id: string;
  readonly type: string;
  readonly correlationId: string;
  readonly causationId: string;
  readonly data: Json;
  readonly sealed: readonly { readonly keyId: string }[];
  readonly actor: { readonly agency: string };
  /** all that was published: neither position nor source */
  readonly envelope: Json;
}

export interface CommandRow {
  readonly id: string;
  readonly versions: readonly { readonly stream: string; readonly version: number }[];
}

/** A service's data file, read whole. */
export interface DataFile {
  readonly service: string;
  readonly file: string;
  /** by position */
  readonly events: readonly LoggedEvent[];
  readonly commands: readonly CommandRow[];
  readonly forked: readonly string[];
  readonly checkpoints: readonly { readonly name: string; readonly checkpoint: number }[];
  /** what SQLite says about the file; empty: it is sound */
  readonly damage: readonly string[];
}

const isLasting = (path: string): boolean => !/-(shm|lock|lock-journal)$/.test(path);

/** What of a data folder outlives a crash: not what SQLite shares between processes. */
export function copyFolder(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from).filter(isLasting)) cpSync(join(from, name), join(to, name), { recursive: true });
}

export const dataFiles = (folder: string): readonly string[] =>
  readdirSync(folder).filter((name) => name.endsWith('.sqlite') && name !== 'keyring.sqlite');

/** Reads every service's file in a folder that no process has open. */
export const readFolder = (folder: string): readonly DataFile[] =>
  dataFiles(folder).map((name) => readDataFile(join(folder, name)));

/** A file whose tables were never committed, or were cut off, holds nothing. */
function readDataFile(path: string): DataFile {
  return reading(path, (rows) => {
    if (!has(rows, 'owner')) {
      const nothing = { events: [], commands: [], forked: [], checkpoints: [], damage: [] };
      return { service: basename(path, '.sqlite'), file: basename(path), ...nothing };
    }
    const damage = rows('PRAGMA integrity_check').map((row) => String(row['integrity_check']));
    return {
      service: String(rows('SELECT service FROM owner')[0]?.['service']),
      file: basename(path),
      events: rows('SELECT * FROM events ORDER BY position').map(toEvent),
      commands: rows('SELECT id, versions FROM commands').map((row) => ({
        id: String(row['id']),
        versions: JSON.parse(String(row['versions'])) as CommandRow['versions'],
      })),
      forked: rows('SELECT source FROM sources WHERE forked_stream IS NOT NULL').map((row) => String(row['source'])),
      checkpoints: has(rows, 'views')
        ? (rows('SELECT name, checkpoint FROM views') as unknown as DataFile['checkpoints'])
        : [],
      damage: damage.filter((line) => line !== 'ok'),
    };
  });
}

/** The keys that are there, or were destroyed. */
export function keyIds(folder: string): ReadonlySet<string> {
  const path = join(folder, 'keyring.sqlite');
  if (!existsSync(path)) return new Set();
  const keys = reading(path, (rows) => (has(rows, 'keys') ? rows('SELECT id FROM keys') : []));
  return new Set(keys.map((row) => String(row['id'])));
}

/** Every document of every view, by file, table and id, as text. */
export function viewDocuments(folder: string): ReadonlyMap<string, string> {
  const documents = new Map<string, string>();
  for (const name of dataFiles(folder)) {
    reading(join(folder, name), (rows) => {
      for (const table of viewTables(rows)) {
        for (const row of rows(`SELECT id, doc FROM "${table}"`)) {
          documents.set(`${name} ${table} ${String(row['id'])}`, String(row['doc']));
        }
      }
    });
  }
  return documents;
}

/** As if there had never been a view. @returns how many tables there were */
export function dropViews(folder: string): number {
  let dropped = 0;
  for (const name of dataFiles(folder)) {
    const db = new DatabaseSync(join(folder, name));
    for (const table of viewTables((sql) => db.prepare(sql).all())) {
      db.exec(`DROP TABLE "${table}"`);
      dropped += 1;
    }
    db.close();
  }
  return dropped;
}

const has = (rows: Rows, table: string): boolean =>
  rows(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '${table}'`).length > 0;

type Rows = (sql: string) => readonly Json[];

const viewTables = (rows: Rows): readonly string[] =>
  rows(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'view:%'`).map((row) => String(row['name']));

function reading<T>(path: string, read: (rows: Rows) => T): T {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    return read((sql) => db.prepare(sql).all() as Json[]);
  } finally {
    db.close();
  }
}

function toEvent(row: Json): LoggedEvent {
  const { position, source, case_id: caseId, recorded_at: recordedAt, body, ...numbered } = row;
  const envelope = { ...(JSON.parse(String(body)) as Json), ...numbered, recordedAt };
  return {
    sealed: [],
    ...(envelope as unknown as Omit<LoggedEvent, 'sealed' | 'position' | 'source' | 'caseId' | 'envelope'>),
    position: Number(position),
    source: source === null ? undefined : String(source),
    caseId: caseId === null ? undefined : String(caseId),
    envelope,
  };
}
