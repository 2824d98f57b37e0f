import type { mongo } from 'mongoose';
import type { EventDocument } from './collections.js';

/** So many that a stream is still known when the next command for it comes. */
const MOST_STREAMS = 50_000;
/** More events of other replicas than this are not read to learn their streams: it is cheaper to forget all. */
const LONGEST_GAP = 2000;
const NOWHERE = -1;

/**
 * Versions of streams as of one position of the log, kept from commit to commit: as long as the counter stands where our last
 * commit left it they are true, and when other replicas have gone on, what they added is read. Changed inside a transaction, and
 * of no use until it is committed.
 */
export class StreamTails {
  readonly #tails = new Map<string, number>();
  #position = NOWHERE;
  /** counts the transactions: what the server answers to one that was given up on comes too late */
  #turn = 0;

  constructor(private readonly events: mongo.Collection<EventDocument>) {}

  get(stream: string): number | undefined {
    return this.#tails.get(stream);
  }

  /** Inside the transaction that has advanced the counter from this position. @returns whether nothing has happened meanwhile */
  async catchUp(session: mongo.ClientSession, position: number): Promise<boolean> {
    const turn = ++this.#turn;
    const known = this.#position;
    this.#position = NOWHERE;
    if (known === position) return true;
    if (known === NOWHERE || position < known || position - known > LONGEST_GAP) {
      this.#tails.clear();
      return false;
    }
    const gap = { _id: { $gt: known, $lte: position } };
    const added = this.events.find(gap, { session, sort: { _id: 1 }, projection: { _id: 0, stream: 1, version: 1 } });
    const found = await added.toArray();
    if (turn === this.#turn) for (const { stream, version } of found) this.#tails.set(stream, version);
    return false;
  }

  /** Looks up the streams that are not known. @returns whether there were any */
  async learn(session: mongo.ClientSession, streams: Iterable<string>): Promise<boolean> {
    const missing = [...new Set(streams)].filter((stream) => !this.#tails.has(stream));
    if (missing.length === 0) return false;
    const turn = this.#turn;
    for (const stream of missing) this.#tails.set(stream, 0);
    // of each stream the first entry of the index, which is its last version
    const tails = this.events.aggregate<{ _id: string; version: number }>(
      [
        { $match: { stream: { $in: missing } } },
        { $sort: { stream: 1, version: -1 } },
        { $group: { _id: '$stream', version: { $first: '$version' } } },
      ],
      { session },
    );
    const found = await tails.toArray();
    if (turn === this.#turn) for (const { _id, version } of found) this.#tails.set(_id, version);
    return true;
  }

  /** After the commit. */
  committed(position: number, tails: ReadonlyMap<string, number>): void {
    this.#position = position;
    for (const [stream, version] of tails) {
      // at the end: what was written last is forgotten last
      this.#tails.delete(stream);
      this.#tails.set(stream, version);
    }
    for (const stream of this.#tails.keys()) {
      if (this.#tails.size <= MOST_STREAMS) break;
      this.#tails.delete(stream);
    }
  }
}
