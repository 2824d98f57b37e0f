import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { NOTHING_HEARD, progressOf, type SourceProgress, type SourceState } from '@ihala/event-log';
import type { EventsTable } from './events-table.js';

/**
 * What is known of the sources. Heads arrive every second and are worth no flush to disk: they are kept in memory and written with
 * the next events. After a crash the copy counts as complete up to its last event, until the next head.
 */
export class Sources {
  readonly #states = new Map<string, SourceState>();
  readonly #write: StatementSync;

  constructor(db: DatabaseSync, events: EventsTable) {
    this.#write = db.prepare(
      'REPLACE INTO sources (source, complete_up_to, forked_stream, forked_version) VALUES (?, ?, ?, ?)',
    );
    for (const row of db.prepare('SELECT * FROM sources').all()) {
      const { source, complete_up_to, forked_stream, forked_version } = row as Record<string, string>;
      this.#states.set(source!, {
        sequence: events.lastSequenceOf(source!),
        completeUpTo: complete_up_to!,
        ...(forked_stream === null ? {} : { forkedAt: { stream: forked_stream!, version: Number(forked_version) } }),
      });
    }
  }

  get(source: string): SourceState {
    return this.#states.get(source) ?? NOTHING_HEARD;
  }

  /** Inside the transaction that changes the events; `set` follows when it is committed. */
  write(source: string, { completeUpTo, forkedAt }: SourceState): void {
    this.#write.run(source, completeUpTo, forkedAt?.stream ?? null, forkedAt?.version ?? null);
  }

  set(source: string, state: SourceState): void {
    this.#states.set(source, state);
  }

  list(): readonly SourceProgress[] {
    return [...this.#states].map(([source, state]) => progressOf(source, state));
  }
}
