import type { RecordedEvent } from '@ihala/event-log';

/** Kept of each log; who is farther behind reads the table. */
const MOST_KEPT = 512;

type Read = (after: number, limit: number) => readonly RecordedEvent[];

/**
 * The end of a log as it was read last. Views, reactions and observers all follow the same log: what one of them has read and
 * parsed serves the others. Nobody may change an event.
 */
export class NewestEvents {
  /** without gaps */
  #kept: readonly RecordedEvent[] = [];

  /** @param read of the table, in order of position */
  constructor(private readonly read: Read) {}

  after(position: number, limit: number): readonly RecordedEvent[] {
    const first = this.#kept[0]?.position;
    if (first === undefined || position < first - 1 || position > this.#last) {
      const events = this.read(position, limit);
      if ((events.at(-1)?.position ?? 0) > this.#last) this.#keep(events);
      return events;
    }
    const known = this.#kept.slice(position - first + 1, position - first + 1 + limit);
    return known.length === limit ? known : [...known, ...this.#more(limit - known.length)];
  }

  /** Own events from a sequence on. undefined: not all of them are here. */
  own(from: number, limit: number): readonly RecordedEvent[] | undefined {
    if (this.#kept.length === 0 || this.#more(limit).length === limit) return undefined;
    const own = this.#kept.filter(({ source }) => source === undefined);
    return own[0] && own[0].sequence <= from ? own.slice(from - own[0].sequence).slice(0, limit) : undefined;
  }

  get #last(): number {
    return this.#kept.at(-1)?.position ?? 0;
  }

  #more(limit: number): readonly RecordedEvent[] {
    const events = this.read(this.#last, limit);
    if (events.length > 0) this.#keep([...this.#kept, ...events]);
    return events;
  }

  #keep(events: readonly RecordedEvent[]): void {
    this.#kept = events.slice(-MOST_KEPT);
  }
}
