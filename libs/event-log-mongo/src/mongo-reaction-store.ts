import type { Connection } from 'mongoose';
import { CheckpointMoved, ReactionStore, type ParkedErrand, type ParkedPage } from '@ihala/event-log';
import { collectionsOf, type Collections } from './collections.js';
import type { Lease } from './lease.js';
import { available, isDuplicateKey, transaction } from './transaction.js';

/** How far reactions are and what they parked, in the database of their service. */
export class MongoReactionStore extends ReactionStore {
  readonly #collections: Collections;

  /**
   * @param connection shared with the event log
   * @param lease compared when a checkpoint moves, if this process keeps it
   */
  constructor(
    private readonly connection: Connection,
    private readonly lease?: Lease,
  ) {
    super();
    this.#collections = collectionsOf(connection);
  }

  async checkpoint(reaction: string): Promise<number> {
    return (await available(this.#collections.reactions.findOne({ _id: reaction })))?.checkpoint ?? 0;
  }

  async moveCheckpoint(reaction: string, from: number, to: number): Promise<void> {
    const moved = () => new CheckpointMoved(`reaction ${reaction} is not at ${from}`);
    const { reactions } = this.#collections;
    try {
      await transaction(this.connection, async (session) => {
        await this.lease?.assertHeld(session);
        const found = await reactions.findOne({ _id: reaction }, { session });
        if ((found?.checkpoint ?? 0) !== from) throw moved();
        await reactions.updateOne({ _id: reaction }, { $set: { checkpoint: to } }, { session, upsert: true });
      });
    } catch (error) {
      // two began it at once
      throw isDuplicateKey(error) ? moved() : error;
    }
  }

  async park(errand: ParkedErrand): Promise<void> {
    const { id, reaction, target } = errand;
    const { parked } = this.#collections;
    const { matchedCount } = await available(parked.updateOne({ _id: id }, { $set: { errand } }));
    if (matchedCount > 0) return;
    for (;;) {
      const last = await available(parked.findOne({}, { sort: { place: -1 } }));
      try {
        const change = { $set: { errand }, $setOnInsert: { place: (last?.place ?? 0) + 1, reaction, target } };
        await available(parked.updateOne({ _id: id }, change, { upsert: true }));
        return;
      } catch (error) {
        // someone else took the place
        if (!isDuplicateKey(error)) throw error;
      }
    }
  }

  async unpark(id: string): Promise<void> {
    await available(this.#collections.parked.deleteOne({ _id: id }));
  }

  async find(id: string): Promise<ParkedErrand | undefined> {
    return (await available(this.#collections.parked.findOne({ _id: id })))?.errand;
  }

  async firstFor(reaction: string, target: string): Promise<ParkedErrand | undefined> {
    return (await available(this.#collections.parked.findOne({ reaction, target }, { sort: { place: 1 } })))?.errand;
  }

  async list(limit: number, before = Number.MAX_SAFE_INTEGER): Promise<ParkedPage> {
    const query = { sort: { place: -1 }, limit: limit + 1 } as const;
    const found = await available(this.#collections.parked.find({ place: { $lt: before } }, query).toArray());
    const items = found.slice(0, limit).map(({ errand }) => errand);
    return found.length > limit ? { items, end: found[limit - 1]!.place } : { items };
  }

  count(): Promise<number> {
    return available(this.#collections.parked.countDocuments({}));
  }
}
