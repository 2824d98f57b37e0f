import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { LogHead, SourceProgress } from '@ihala/event-log';
import type { EventsTable } from './events-table.js';

/** What is known of one source. */
export interface SourceState {
  /** of the last event copied; -1: none */
  readonly sequence: number;
  /** never before the instant of the last event copied; '': nothing heard yet */
  readonly completeUpTo: string;
  /** the newest head whose events are not all here yet */
  readonly pending?: LogHead;
  readonly forkedAt?: { readonly stream: string; readonly version: number };
}

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
    return this.#states.get(source) ?? { sequence: -1, completeUpTo: '' };
  }

  /** Inside the transaction that changes the events; `set` follows when it is committed. */
  write(source: string, { completeUpTo, forkedAt }: SourceState): void {
    this.#write.run(source, completeUpTo, forkedAt?.stream ?? null, forkedAt?.version ?? null);
  }

  set(source: string, state: SourceState): void {
    this.#states.set(source, state);
  }

  list(): readonly SourceProgress[] {
    return [...this.#states].map(([source, { sequence, completeUpTo, forkedAt }]) => ({
      source,
      sequence,
      ...(completeUpTo === '' ? {} : { completeUpTo }),
      ...(forkedAt === undefined ? {} : { forkedAt }),
    }));
  }
}

/**
 * The state after hearing how far the source goes. An event just copied is such a head too: whatever was recorded before it has a
 * lower sequence. A head counts once all its events are here; one that is not newer than what is known says nothing.
 */
export function withHead(state: SourceState, head: LogHead): SourceState {
  const { pending, ...rest } = state;
  const here = [head, pending].filter((known) => known !== undefined && known.sequence <= state.sequence);
  const ahead = [head, pending].find((known) => known !== undefined && known.sequence > state.sequence);
  const completeUpTo = here.reduce((newest, known) => (known!.at > newest ? known!.at : newest), state.completeUpTo);
  return { ...rest, completeUpTo, ...(ahead && { pending: ahead }) };
}
