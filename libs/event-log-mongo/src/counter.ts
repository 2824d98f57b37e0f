import type { mongo } from 'mongoose';
import type { LogHead } from '@ihala/event-log';
import type { CounterDocument } from './collections.js';
import { available } from './transaction.js';

const LOG = { _id: 'log' } as const;

/** The database's clock, in the form of all instants: one clock for all replicas, whatever theirs say. */
const DATABASE_NOW = { $dateToString: { date: '$$NOW', format: '%Y-%m-%dT%H:%M:%S.%LZ' } };

/** How far the log was before a commit, and the instant of the commit. */
export interface Turn {
  readonly position: number;
  readonly sequence: number;
  readonly recordedAt: string;
}

/** How many numbers of each kind are taken. */
export interface Advance {
  readonly positions: number;
  readonly sequences: number;
}

/**
 * The counter of one log. A transaction that appends changes it first: of two at once, the database lets one go on and has the
 * other one begin again, so that the order of positions is the order of commits.
 */
export class Counter {
  /** @param clock stands in for the database's clock, in tests */
  constructor(
    private readonly counters: mongo.Collection<CounterDocument>,
    private readonly clock?: () => Date,
  ) {}

  /** First thing in a transaction. A commit that takes no number is a change all the same. */
  async advance(session: mongo.ClientSession, { positions, sequences }: Advance): Promise<Turn> {
    const change = {
      position: { $add: ['$position', positions] },
      sequence: { $add: ['$sequence', sequences] },
      commits: { $add: ['$commits', 1] },
      recordedAt: this.#instant(),
    };
    const { position, sequence, recordedAt } = await this.#change(change, session);
    return { position: position - positions, sequence: sequence - sequences, recordedAt };
  }

  /** Later in the same transaction, when it turns out that it takes more numbers, or fewer. */
  async correct(session: mongo.ClientSession, { positions, sequences }: Advance): Promise<void> {
    if (positions === 0 && sequences === 0) return;
    await this.counters.updateOne(LOG, { $inc: { position: positions, sequence: sequences } }, { session });
  }

  async lastPosition(): Promise<number> {
    return (await available(this.counters.findOne(LOG)))!.position;
  }

  /** Kept, so that no replica ever gives an earlier instant to an event that is not in this head. */
  async head(): Promise<LogHead> {
    const { sequence, recordedAt } = await available(this.#change({ recordedAt: this.#instant() }));
    return { sequence, at: recordedAt };
  }

  async #change(change: mongo.Document, session?: mongo.ClientSession): Promise<CounterDocument> {
    return (await this.counters.findOneAndUpdate(LOG, [{ $set: change }], { session, returnDocument: 'after' }))!;
  }

  /** The clock's, but never before the last one given out. */
  #instant(): mongo.Document {
    return { $max: ['$recordedAt', this.clock === undefined ? DATABASE_NOW : this.clock().toISOString()] };
  }
}
