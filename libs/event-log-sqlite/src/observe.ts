import type { DatabaseSync } from 'node:sqlite';
import { auditLeaf, SourceGap, type LogHead, type PublishedEvent } from '@ihala/event-log';
import type { EventsTable } from './events-table.js';
import { withHead, type Sources, type SourceState } from './sources-table.js';
import { transaction } from './transaction.js';

export interface Offer {
  readonly source: string;
  readonly events: readonly PublishedEvent[];
  readonly head?: LogHead;
}

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
   * Copies what is new of an offer, in one transaction. When the source contradicts itself, what came before the contradiction
   * is kept and the source is marked; nothing more is ever taken from it.
   * @param lastPosition of the log @throws SourceGap: nothing was written
   */
  copy(offer: Offer, lastPosition: number): Copied {
    const before = this.sources.get(offer.source);
    if (before.forkedAt !== undefined) return { count: 0, forkedAt: before.forkedAt };
    const { state, count } = transaction(this.db, () => this.#copy(offer, before, lastPosition));
    this.sources.set(offer.source, state);
    return { count, forkedAt: state.forkedAt };
  }

  #copy({ source, events, head }: Offer, before: SourceState, lastPosition: number) {
    let state = before;
    let position = lastPosition;
    for (const event of events) {
      if (event.sequence > state.sequence + 1) throw new SourceGap(source, state.sequence + 1, event.sequence);
      const place = this.#place(event, state);
      if (place === 'here') continue;
      if (place === 'contradiction') {
        state = { ...state, forkedAt: { stream: event.stream, version: event.version } };
        break;
      }
      this.#insert(source, event, ++position);
      state = withHead({ ...state, sequence: event.sequence }, { sequence: event.sequence, at: event.recordedAt });
    }
    if (head !== undefined && state.forkedAt === undefined) state = this.#hear(source, head, state);
    const count = position - lastPosition;
    if (count > 0 || state.forkedAt !== undefined) this.sources.write(source, state);
    return { state, count };
  }

  /** Either both its sequence and its version are the next ones, or the very same event is here. */
  #place(event: PublishedEvent, state: SourceState): 'next' | 'here' | 'contradiction' {
    const tail = this.events.tail(event.stream);
    if (event.version > tail) {
      return event.version === tail + 1 && event.sequence > state.sequence ? 'next' : 'contradiction';
    }
    const known = this.events.find(event.stream, event.version);
    return known !== undefined && auditLeaf(known) === auditLeaf(event) ? 'here' : 'contradiction';
  }

  /** A new head that ends before our copy does: the source has lost events, say by restoring an old backup. */
  #hear(source: string, head: LogHead, state: SourceState): SourceState {
    if (head.at <= state.completeUpTo || head.sequence >= state.sequence) return withHead(state, head);
    const { stream, version } = this.events.findObserved(source, head.sequence + 1)!;
    return { ...state, forkedAt: { stream, version } };
  }

  #insert(source: string, event: PublishedEvent, position: number): void {
    const { stream, version, sequence, recordedAt, ...body } = event;
    const caseId = event.caseId ?? null;
    this.events.insert({ position, stream, version, source, sequence, recordedAt, caseId, body: JSON.stringify(body) });
  }
}
