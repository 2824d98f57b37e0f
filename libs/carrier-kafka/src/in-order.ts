import type { PublishedEvent } from '@ihala/event-log';

/** Most events kept in memory that can't be copied yet, since some before them are missing. */
const MOST_HELD = 1000;

/** What of the messages read so far can be copied. Nothing changes until it is accepted. */
export interface Copyable {
  /** those that are here already, to be compared, and then the next ones without a hole */
  readonly events: readonly PublishedEvent[];
  readonly held: readonly PublishedEvent[];
  readonly next: number;
  readonly highest: number;
}

/**
 * Puts the events of one source in order. What comes too early is kept until what is missing has come; beyond a bound it is
 * forgotten, since whoever sends the missing ones again sends all that follow.
 */
export class InOrder {
  #held: readonly PublishedEvent[] = [];
  #highest = -1;

  /** @param next the sequence that our log expects */
  constructor(public next: number) {}

  /** Events are missing between those copied and the highest that is known to have been sent. */
  get incomplete(): boolean {
    return this.next <= this.#highest;
  }

  /** @param sent the highest sequence that the source says to have sent before */
  take(read: readonly PublishedEvent[], sent = -1): Copyable {
    const events = [...this.#held, ...read].sort((one, other) => one.sequence - other.sequence);
    const highest = Math.max(this.#highest, sent, events.at(-1)?.sequence ?? -1);
    let next = this.next;
    let count = 0;
    for (; count < events.length && events[count]!.sequence <= next; count++) {
      if (events[count]!.sequence === next) next++;
    }
    return { events: events.slice(0, count), held: events.slice(count, count + MOST_HELD), next, highest };
  }

  /** They are in our log now. */
  accept({ held, next, highest }: Copyable): void {
    this.#held = held;
    this.#highest = highest;
    this.next = next;
  }
}
