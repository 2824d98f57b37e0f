import type { DatabaseSync } from 'node:sqlite';
import { weigh, type Copies, type Offer, type PublishedEvent, type SourceState } from '@ihala/event-log';
import type { EventsTable } from './events-table.js';
import type { Sources } from './sources-table.js';
import { transaction } from './transaction.js';

export interface Copied {
  /** how many events were new */
  readonly count: number;
  /** where the source contradicted itself, now or earlier */
  readonly forkedAt?: SourceState['forkedAt'];
}

/** Copies of other services' events. */
export class ObservedEvents {
  constructor(
    private readonly db: DatabaseSync,
    private readonly events: EventsTable,
    private readonly sources: Sources,
  ) {}

  /**
   * Copies what is new of an offer, in one transaction.
   * @param lastPosition of the log @throws SourceGap: nothing was written
   */
  copy(offer: Offer, lastPosition: number): Copied {
    const { source } = offer;
    const before = this.sources.get(source);
    if (before.forkedAt !== undefined) return { count: 0, forkedAt: before.forkedAt };
    const { state, fresh } = transaction(this.db, () => {
      const weighed = weigh(offer, before, this.#copiesOf(source));
      weighed.fresh.forEach((event, index) => this.#insert(source, event, lastPosition + index + 1));
      const { forkedAt } = weighed.state;
      if (weighed.fresh.length > 0 || forkedAt !== undefined) this.sources.write(source, weighed.state);
      return weighed;
    });
    this.sources.set(source, state);
    return { count: fresh.length, forkedAt: state.forkedAt };
  }

  #copiesOf(source: string): Copies {
    return {
      tail: (stream) => this.events.tail(stream),
      find: (stream, version) => this.events.find(stream, version),
      findObserved: (sequence) => this.events.findObserved(source, sequence),
    };
  }

  #insert(source: string, event: PublishedEvent, position: number): void {
    const { stream, version, sequence, recordedAt, ...body } = event;
    const caseId = event.caseId ?? null;
    this.events.insert({ position, stream, version, source, sequence, recordedAt, caseId, body: JSON.stringify(body) });
  }
}
