import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Due, Page, ParkedErrand, RecordedEvent, View } from '@ihala/event-log';
import { EventsTable } from './events-table.js';
import { formatVersion } from './schema.js';
import { SqliteViewStore } from './sqlite-view-store.js';

/** Of the data file's format. */
const firstWithReactions = 2;

/** How far a log goes, and what it has heard of others. */
export interface LogState {
  readonly service: string;
  /** of the data file's format */
  readonly version: number;
  /** last position; 0: empty */
  readonly position: number;
  /** of the last own event; -1: none */
  readonly sequence: number;
  /** sequence of the last event copied, by source */
  readonly heard: Readonly<Record<string, number>>;
}

export interface SourceState {
  readonly source: string;
  readonly sequence: number;
  readonly completeUpTo?: string;
  readonly forkedAt?: string;
}

/**
 * One service's data file, read by another process while the service may be writing it. Never writes, takes no lock and
 * needs no key: what is sealed stays so.
 */
export class DataFileReader {
  readonly service: string;
  readonly #events: EventsTable;
  readonly #version: number;

  private constructor(readonly db: DatabaseSync) {
    this.#version = this.#value<number>('PRAGMA user_version', 'user_version');
    if (this.#version > formatVersion) {
      throw new Error(`${db.location()} has version ${this.#version}, this program reads up to ${formatVersion}`);
    }
    this.service = this.#value<string>('SELECT service FROM owner', 'service');
    this.#events = new EventsTable(db);
  }

  /** @throws Error when it is no data file, or of a newer version */
  static open(path: string): DataFileReader {
    const db = new DatabaseSync(path, { readOnly: true, timeout: 2000 });
    try {
      return new DataFileReader(db);
    } catch (error) {
      db.close();
      throw new Error(`${path} is no data file of Ihala that can be read: ${(error as Error).message}`, {
        cause: error,
      });
    }
  }

  /** From here on, and until the next time, everything is read as it is now. */
  pin(): void {
    if (this.db.isTransaction) this.db.exec('COMMIT');
    this.db.exec('BEGIN');
    this.#value('SELECT max(position) FROM events', 'max(position)');
  }

  state(): LogState {
    const { position, sequence } = this.#events.end();
    const heard = Object.fromEntries(this.sources().map((source) => [source.source, source.sequence]));
    return { service: this.service, version: this.#version, position, sequence, heard };
  }

  sources(): readonly SourceState[] {
    const rows = this.db.prepare('SELECT * FROM sources ORDER BY source').all() as Record<string, string | null>[];
    return rows.map(({ source, complete_up_to, forked_stream, forked_version }) => ({
      source: source!,
      sequence: this.#events.lastSequenceOf(source!),
      ...(complete_up_to && { completeUpTo: complete_up_to }),
      ...(forked_stream && { forkedAt: `${forked_stream}, version ${forked_version}` }),
    }));
  }

  /** The checkpoint of each view, as it was last written. */
  views(): readonly { readonly view: string; readonly checkpoint: number }[] {
    return this.#all('SELECT name AS view, checkpoint FROM views ORDER BY name') as never;
  }

  /** How far each reaction was told of the log. */
  reactions(): readonly { readonly reaction: string; readonly checkpoint: number }[] {
    if (this.#version < firstWithReactions) return [];
    return this.#all('SELECT reaction, checkpoint FROM reactions ORDER BY reaction') as never;
  }

  /** What reactions and timers left to an operator, in that order. */
  parked(limit: number): readonly ParkedErrand[] {
    if (this.#version < firstWithReactions) return [];
    const rows = this.#all('SELECT errand FROM parked ORDER BY place LIMIT ?', limit) as { errand: string }[];
    return rows.map(({ errand }) => JSON.parse(errand) as ParkedErrand);
  }

  /** What a timer watches, the earliest first. */
  async due(view: View<Due>, limit: number): Promise<Page<Due>['items']> {
    if (!this.views().some(({ view: name }) => name === view.name)) return [];
    const sort = { field: 'dueAt', direction: 'asc' } as const;
    return (await new SqliteViewStore(this.db).find(view, { anyOf: [{}], sort, limit })).items;
  }

  /** Streams whose names begin so, own and observed, by name. */
  streams(prefix: string, limit: number): readonly { stream: string; version: number; recordedAt: string }[] {
    return this.#all(
      `SELECT stream, max(version) AS version, max(recorded_at) AS recordedAt FROM events
       WHERE stream >= ?1 AND stream < ?1 || char(0x10ffff) GROUP BY stream ORDER BY stream LIMIT ?2`,
      prefix,
      limit,
    ) as never;
  }

  readStream(stream: string): AsyncIterable<RecordedEvent> {
    return this.#events.stream(stream);
  }

  close(): void {
    this.db.close();
  }

  #all(sql: string, ...parameters: (string | number)[]): object[] {
    return this.#statement(sql).all(...parameters);
  }

  #value<Value>(sql: string, name: string): Value {
    return (this.#statement(sql).get() as Record<string, Value> | undefined)?.[name] as Value;
  }

  #statement(sql: string): StatementSync {
    return this.db.prepare(sql);
  }
}
