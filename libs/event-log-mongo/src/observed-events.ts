import type { mongo } from 'mongoose';
import {
  NOTHING_HEARD,
  progressOf,
  weigh,
  type Copies,
  type Offer,
  type PublishedEvent,
  type SourceProgress,
  type SourceState,
} from '@ihala/event-log';
import { attempt, patiently } from './attempt.js';
import type { Collections, EventDocument, SourceDocument } from './collections.js';
import type { Counter } from './counter.js';
import { toEvent } from './events-collection.js';
import type { OwnCommits } from './own-commits.js';
import type { StreamTails } from './stream-tails.js';
import { available } from './transaction.js';

export interface Copied {
  /** how many events were new */
  readonly count: number;
  /** where the source contradicted itself, now or earlier */
  readonly forkedAt?: SourceState['forkedAt'];
}

/** Copies of other services' events. */
export class ObservedEvents {
  constructor(
    private readonly commits: OwnCommits,
    private readonly collections: Collections,
    private readonly counter: Counter,
    private readonly tails: StreamTails,
  ) {}

  /**
   * Copies what is new of an offer, in one transaction. Done twice, it does nothing the second time: so a commit of unknown outcome
   * is simply tried again.
   * @param until see `patiently` @throws SourceGap: nothing was written
   */
  async copy(offer: Offer, until: number): Promise<Copied> {
    if (offer.events.length === 0 && (await this.#saysNothingNew(offer))) return { count: 0 };
    const { fresh, position, state } = await patiently(until, () =>
      attempt(this.commits, (session) => this.#attempt(session, offer)),
    );
    if (position !== undefined) {
      this.tails.committed(position, new Map(fresh.map(({ stream, version }) => [stream, version])));
    }
    return { count: fresh.length, forkedAt: state.forkedAt };
  }

  async list(): Promise<readonly SourceProgress[]> {
    const sources = await available(this.collections.sources.find({}, { sort: { _id: 1 } }).toArray());
    return sources.map(({ _id, ...state }) => progressOf(_id, state));
  }

  async #attempt(session: mongo.ClientSession, offer: Offer) {
    const adds = offer.events.length > 0;
    const turn = adds ? await this.counter.advance(session, { positions: 0, sequences: 0 }) : undefined;
    const before = await this.#stateOf(offer.source, session);
    if (turn !== undefined) await this.tails.catchUp(session, turn.position);
    if (before.forkedAt !== undefined) return { fresh: [], state: before, position: turn?.position };
    const { fresh, state } = weigh(offer, before, await this.#copiesFor(session, offer, before));
    if (turn !== undefined && fresh.length > 0) {
      await this.counter.correct(session, { positions: fresh.length, sequences: 0 });
      const documents = fresh.map((event, index) => documentOf(offer.source, event, turn.position + index + 1));
      await this.collections.events.insertMany(documents, { session });
    }
    if (state !== before) await this.#write(session, offer.source, state);
    return { fresh, state, position: turn && turn.position + fresh.length };
  }

  /** Heads come every second, and mostly say again what is known. */
  async #saysNothingNew({ source, head }: Offer): Promise<boolean> {
    if (head === undefined) return true;
    const { forkedAt, completeUpTo } = await available(this.#stateOf(source));
    return forkedAt === undefined && head.at <= completeUpTo;
  }

  async #stateOf(source: string, session?: mongo.ClientSession): Promise<SourceState> {
    const found = await this.collections.sources.findOne({ _id: source }, { session });
    if (found === null) return NOTHING_HEARD;
    const { _id, ...state } = found;
    return state;
  }

  async #write(session: mongo.ClientSession, source: string, state: SourceState): Promise<void> {
    const document: SourceDocument = { _id: source, ...state };
    await this.collections.sources.replaceOne({ _id: source }, document, { session, upsert: true });
  }

  /** Reads at once what weighing the offer may ask for. */
  async #copiesFor(
    session: mongo.ClientSession,
    { source, events, head }: Offer,
    before: SourceState,
  ): Promise<Copies> {
    await this.tails.learn(
      session,
      events.map(({ stream }) => stream),
    );
    const known = events
      .filter(({ stream, version }) => version <= this.tails.get(stream)!)
      .map(({ stream, version }) => ({ stream, version }));
    const lost =
      head !== undefined && head.sequence < before.sequence ? [{ source, sourceSequence: head.sequence + 1 }] : [];
    const found =
      known.length + lost.length === 0
        ? []
        : (await this.collections.events.find({ $or: [...known, ...lost] }, { session }).toArray()).map(toEvent);
    const byVersion = new Map(found.map((event) => [`${event.version} ${event.stream}`, event]));
    return {
      tail: (stream) => this.tails.get(stream)!,
      find: (stream, version) => byVersion.get(`${version} ${stream}`),
      findObserved: (sequence) => found.find((event) => event.source === source && event.sequence === sequence),
    };
  }
}

function documentOf(source: string, event: PublishedEvent, position: number): EventDocument {
  const { stream, version, sequence, recordedAt, ...body } = event;
  return {
    _id: position,
    stream,
    version,
    source,
    sourceSequence: sequence,
    recordedAt,
    ...(event.caseId === undefined ? {} : { caseId: event.caseId }),
    body: JSON.stringify(body),
  };
}
