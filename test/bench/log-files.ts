import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openSqliteService } from '@ihala/event-log-sqlite';
import type { Row } from './life.js';
import { multiplied } from './multiplied.js';

const services = ['cases', 'health', 'audit'] as const;
const ROWS_AT_ONCE = 10_000;

/**
 * Data files of all services with `count` events each: every log holds the same ones, its own or copied, as after a year.
 * Written past the engine, since appending them would take minutes; then opened by it, which reads its ends from the rows.
 */
export function fillFolder(folder: string, told: readonly Row[], count: number): void {
  mkdirSync(folder, { recursive: true });
  const writers = services.map((service) => new Filler(join(folder, `${service}.sqlite`), service));
  let batch: Row[] = [];
  const flush = () => {
    for (const writer of writers) writer.write(batch);
    batch = [];
  };
  for (const row of multiplied(told, count)) {
    batch.push(row);
    if (batch.length === ROWS_AT_ONCE) flush();
  }
  flush();
  for (const writer of writers) writer.close();
}

class Filler {
  readonly #db: DatabaseSync;
  readonly #sequences = new Map<string, number>();
  #position = 0;

  constructor(
    path: string,
    private readonly service: string,
  ) {
    void openSqliteService(path, service).close();
    this.#db = new DatabaseSync(path);
    this.#db.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -200000');
  }

  write(rows: readonly Row[]): void {
    const { event, command } = insertsInto(this.#db);
    this.#db.exec('BEGIN');
    for (const { stream, version, recordedAt, caseId, body, command: made } of rows) {
      const owner = stream.slice(0, stream.indexOf('/'));
      const sequence = (this.#sequences.get(owner) ?? -1) + 1;
      this.#sequences.set(owner, sequence);
      const source = owner === this.service ? null : owner;
      // only the audit listens to every service, but what no service decides on costs nothing to have
      event.run(++this.#position, stream, version, source, sequence, recordedAt, caseId, body);
      if (made && source === null) command.run(made.id, made.fingerprint, JSON.stringify([{ stream, version }]));
    }
    this.#db.exec('COMMIT');
  }

  close(): void {
    const heard = this.#db.prepare('REPLACE INTO sources (source, complete_up_to) VALUES (?, ?)');
    for (const source of this.#sequences.keys()) {
      if (source !== this.service) heard.run(source, new Date(Date.now() - 3_600_000).toISOString());
    }
    this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    this.#db.close();
  }
}

/** The statements that write what the engine writes for one event. */
export function insertsInto(db: DatabaseSync) {
  return {
    event: db.prepare(
      `INSERT INTO events (position, stream, version, source, sequence, recorded_at, case_id, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    command: db.prepare('INSERT INTO commands (id, fingerprint, versions) VALUES (?, ?, ?)'),
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
  };
}
