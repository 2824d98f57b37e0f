import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { inBatches, type PublishedEvent, type RecordedEvent } from '@ihala/event-log';
import { NewestEvents } from './newest-events.js';
import { RecentStreams } from './recent-streams.js';

const COLUMNS = 'position, stream, version, source, sequence, recorded_at, body';

type Row = [number, string, number, string | null, number, string, string];

/** What is inserted; `body` is the JSON text of the envelope without the fields that have columns, `case_id` apart. */
export interface NewRow {
  readonly position: number;
  readonly stream: string;
  readonly version: number;
  readonly source: string | null;
  readonly sequence: number;
  readonly recordedAt: string;
  readonly caseId: string | null;
  readonly body: string;
}

/** The table of events: one row an event, own and observed. Every read is bounded and holds no cursor open. */
export class EventsTable {
  readonly #insert: StatementSync;
  readonly #tail: StatementSync;
  readonly #byStream: StatementSync;
  readonly #afterPosition: StatementSync;
  readonly #ofCase: StatementSync;
  readonly #own: StatementSync;
  readonly #observed: StatementSync;
  readonly #at: StatementSync;
  readonly #recent = new RecentStreams((stream, from, limit) =>
    this.#all(this.#byStream, stream, from, Number.MAX_SAFE_INTEGER, limit),
  );
  readonly #newest = new NewestEvents((after, limit) => this.#all(this.#afterPosition, after, limit));

  constructor(private readonly db: DatabaseSync) {
    const select = (rest: string) => {
      const statement = db.prepare(`SELECT ${COLUMNS} FROM events ${rest}`);
      statement.setReturnArrays(true);
      return statement;
    };
    this.#insert = db.prepare(
      `INSERT INTO events (position, stream, version, source, sequence, recorded_at, case_id, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#tail = db.prepare('SELECT max(version) AS version FROM events WHERE stream = ?');
    this.#byStream = select('WHERE stream = ? AND version >= ? AND version <= ? ORDER BY version LIMIT ?');
    this.#afterPosition = select('WHERE position > ? ORDER BY position LIMIT ?');
    this.#ofCase = select('WHERE case_id = ? AND position > ? ORDER BY position LIMIT ?');
    this.#own = select('WHERE source IS NULL AND sequence >= ? ORDER BY sequence LIMIT ?');
    this.#observed = select('WHERE source = ? AND sequence >= ? ORDER BY sequence LIMIT ?');
    this.#at = select('WHERE position IN (SELECT value FROM json_each(?)) ORDER BY position');
  }

  insert(row: NewRow): void {
    const { position, stream, version, source, sequence, recordedAt, caseId, body } = row;
    this.#insert.run(position, stream, version, source, sequence, recordedAt, caseId, body);
  }

  /** Version of a stream, own or observed; 0: there is none. */
  tail(stream: string): number {
    return (this.#tail.get(stream) as { version: number | null }).version ?? 0;
  }

  /** The last position, and the last own sequence and instant. */
  end(): { position: number; sequence: number; recordedAt: string } {
    const row = this.db
      .prepare(
        `SELECT coalesce((SELECT max(position) FROM events), 0) AS position, coalesce(max(sequence), -1) AS sequence,
           coalesce(max(recorded_at), '') AS recordedAt
         FROM (SELECT sequence, recorded_at FROM events WHERE source IS NULL ORDER BY sequence DESC LIMIT 1)`,
      )
      .get();
    return row as { position: number; sequence: number; recordedAt: string };
  }

  /** Of the last event copied from a source; -1: none. */
  lastSequenceOf(source: string): number {
    const row = this.db
      .prepare('SELECT coalesce(max(sequence), -1) AS sequence FROM events WHERE source = ?')
      .get(source);
    return (row as { sequence: number }).sequence;
  }

  find(stream: string, version: number): RecordedEvent | undefined {
    return this.#all(this.#byStream, stream, version, version, 1)[0];
  }

  /** The event of a source with this sequence. */
  findObserved(source: string, sequence: number): RecordedEvent | undefined {
    return this.#all(this.#observed, source, sequence, 1).find((event) => event.sequence === sequence);
  }

  stream(stream: string, from = 1, to = Number.MAX_SAFE_INTEGER): AsyncGenerator<RecordedEvent> {
    const read = (next: number, limit: number) =>
      this.#recent.all(stream)?.slice(next - 1, Math.min(to, next - 1 + limit)) ??
      this.#all(this.#byStream, stream, next, to, limit);
    return inBatches(read, from, (event) => event.version + 1);
  }

  log(after: number, limit?: number, caseId?: string): AsyncGenerator<RecordedEvent> {
    const read =
      caseId === undefined
        ? (next: number, count: number) => this.#newest.after(next, count)
        : (next: number, count: number) => this.#all(this.#ofCase, caseId, next, count);
    return inBatches(read, after, (event) => event.position, limit);
  }

  async *own(from: number, limit?: number): AsyncGenerator<PublishedEvent> {
    const read = (next: number, count: number) => this.#newest.own(next, count) ?? this.#all(this.#own, next, count);
    for await (const { position, ...published } of inBatches(read, from, (event) => event.sequence + 1, limit)) {
      yield published;
    }
  }

  at(positions: readonly number[]): readonly RecordedEvent[] {
    return this.#all(this.#at, JSON.stringify(positions));
  }

  #all(statement: StatementSync, ...parameters: (string | number)[]): RecordedEvent[] {
    return (statement.all(...parameters) as unknown as Row[]).map(toEvent);
  }
}

function toEvent([position, stream, version, source, sequence, recordedAt, body]: Row): RecordedEvent {
  const event = Object.assign(JSON.parse(body), { stream, version, sequence, recordedAt, position });
  if (source !== null) event.source = source;
  return event as RecordedEvent;
}
