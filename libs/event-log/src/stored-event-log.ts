import type { PublishedEvent, RecordedEvent } from './envelope.js';
import { EventLog } from './event-log.js';

/** Where the events of a log lie: a table, a collection. Reads are in order and in bounded batches. */
export interface StoredEvents {
  /** one stream, from a version, to a version */
  stream(stream: string, from?: number, to?: number): AsyncIterable<RecordedEvent>;
  /** after a position */
  log(after: number, limit?: number, caseId?: string): AsyncIterable<RecordedEvent>;
  /** own events, from a sequence */
  own(from: number, limit?: number): AsyncIterable<PublishedEvent>;
  at(positions: readonly number[]): Promise<readonly RecordedEvent[]> | readonly RecordedEvent[];
}

/** The part of a log that is the same in every engine: reading, and waking readers. */
export abstract class StoredEventLog extends EventLog {
  readonly #wakers = new Set<() => void>();

  protected constructor(private readonly stored: StoredEvents) {
    super();
  }

  readStream(stream: string, range: { from?: number; to?: number } = {}): AsyncIterable<RecordedEvent> {
    return this.stored.stream(stream, range.from, range.to);
  }

  readLog({ after, limit, caseId }: { after: number; limit?: number; caseId?: string }): AsyncIterable<RecordedEvent> {
    return this.stored.log(after, limit, caseId);
  }

  readOwn({ from, limit }: { from: number; limit?: number }): AsyncIterable<PublishedEvent> {
    return this.stored.own(from, limit);
  }

  async readAt(positions: readonly number[]): Promise<readonly RecordedEvent[]> {
    return this.stored.at(positions);
  }

  onCommit(wake: () => void): () => void {
    const waker = () => wake();
    this.#wakers.add(waker);
    return () => void this.#wakers.delete(waker);
  }

  /** After a commit that added events. */
  protected announce(): void {
    for (const wake of this.#wakers) queueMicrotask(wake);
  }
}
