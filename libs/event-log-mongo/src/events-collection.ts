import type { mongo } from 'mongoose';
import { inBatches, type PublishedEvent, type RecordedEvent } from '@ihala/event-log';
import type { EventDocument } from './collections.js';
import type { OwnCommits } from './own-commits.js';

type Filter = mongo.Filter<EventDocument>;

/** The events of a log, as readers ask for them: whole bounded batches, of what a majority has. */
export class EventsCollection {
  constructor(
    private readonly events: mongo.Collection<EventDocument>,
    private readonly commits: OwnCommits,
  ) {}

  stream(stream: string, from = 1, to = Number.MAX_SAFE_INTEGER): AsyncGenerator<RecordedEvent> {
    const read = (next: number, limit: number) =>
      this.#batch({ stream, version: { $gte: next, $lte: to } }, { version: 1 }, limit);
    return inBatches(read, from, (event) => event.version + 1);
  }

  log(after: number, limit?: number, caseId?: string): AsyncGenerator<RecordedEvent> {
    const concerning: Filter = caseId === undefined ? {} : { caseId };
    const read = (next: number, count: number) => this.#batch({ ...concerning, _id: { $gt: next } }, { _id: 1 }, count);
    return inBatches(read, after, (event) => event.position, limit);
  }

  async *own(from: number, limit?: number): AsyncGenerator<PublishedEvent> {
    const read = (next: number, count: number) => this.#batch({ sequence: { $gte: next } }, { sequence: 1 }, count);
    for await (const { position, ...published } of inBatches(read, from, (event) => event.sequence + 1, limit)) {
      yield published;
    }
  }

  at(positions: readonly number[]): Promise<readonly RecordedEvent[]> {
    return this.#batch({ _id: { $in: [...new Set(positions)] } }, { _id: 1 }, positions.length);
  }

  async #batch(filter: Filter, sort: mongo.Sort, limit: number): Promise<readonly RecordedEvent[]> {
    if (limit === 0) return [];
    const options = { sort, limit, batchSize: limit };
    const found = await this.commits.read((session) => this.events.find(filter, { ...options, session }).toArray());
    return found.map(toEvent);
  }
}

export function toEvent(document: EventDocument): RecordedEvent {
  const { _id: position, stream, version, source, recordedAt, body } = document;
  const sequence = source === undefined ? document.sequence : document.sourceSequence;
  const event = Object.assign(JSON.parse(body), { stream, version, sequence, recordedAt, position });
  if (source !== undefined) event.source = source;
  return event as RecordedEvent;
}
