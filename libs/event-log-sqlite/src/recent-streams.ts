import type { RecordedEvent } from '@ihala/event-log';

/** Kept of all streams together; those not asked for longest go first. */
const MOST_KEPT = 4096;
/** Longer streams are read each time: one of them alone would push out all others. */
const LONGEST_KEPT = 256;

type Read = (stream: string, from: number, limit: number) => readonly RecordedEvent[];

/**
 * Streams as they were read last. A command reads its streams several times, and so does the next one on the same case: only
 * what came since is read and parsed. Nobody may change an event.
 */
export class RecentStreams {
  /** whole from version 1 on; the one asked for last stands last */
  readonly #kept = new Map<string, readonly RecordedEvent[]>();
  #count = 0;

  /** @param read of the table, in order of version, at most `limit` from a version on */
  constructor(private readonly read: Read) {}

  /** All of it, as it is now. undefined: it is too long for that. */
  all(stream: string): readonly RecordedEvent[] | undefined {
    const known = this.#kept.get(stream) ?? [];
    const more = this.read(stream, known.length + 1, LONGEST_KEPT + 1 - known.length);
    const events = more.length === 0 ? known : [...known, ...more];
    this.#forget(stream);
    if (events.length > LONGEST_KEPT) return undefined;
    if (events.length > 0) this.#keep(stream, events);
    return events;
  }

  #keep(stream: string, events: readonly RecordedEvent[]): void {
    this.#kept.set(stream, events);
    this.#count += events.length;
    for (const oldest of this.#kept.keys()) {
      if (this.#count <= MOST_KEPT) return;
      this.#forget(oldest);
    }
  }

  #forget(stream: string): void {
    this.#count -= this.#kept.get(stream)?.length ?? 0;
    this.#kept.delete(stream);
  }
}
