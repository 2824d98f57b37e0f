import { randomUUID } from 'node:crypto';
import type { Connection, mongo } from 'mongoose';
import { Loop, StorageUnavailable } from '@ihala/event-log';
import { collectionsOf, type LeaseDocument } from './collections.js';
import { available } from './transaction.js';

/** Another process may have taken the lease; nothing was written. */
export class LeaseLost extends Error {}

/** What a process does for its service as long as it holds the lease. */
export interface LeasedWork {
  start(): Promise<void> | void;
  /** Resolves once what is under way has ended. */
  stop(): Promise<void>;
}

export interface LeaseOptions {
  /** how long it lasts unless prolonged, on the database's clock, in ms; default 10,000 */
  readonly leaseMs?: number;
}

/** Whom a lease follows: no commit is a reason to ask for it sooner. */
const NOBODY = { onCommit: () => () => {} };

/** The work as it was started in one tenure. */
interface Working {
  readonly epoch: number;
  readonly started: Promise<void>;
}

interface Tenure {
  readonly epoch: number;
  /** on this process's monotonic clock, read before the database was asked: over no later than in the database */
  readonly until: number;
}

/**
 * Lets one process of a service at a time do what must not be done by two: follow the log for reactions, timers and the relay. It
 * expires on the database's clock, whatever the processes' clocks say. Each tenure has a number, the epoch, which commits of the
 * holder compare: one that slept through the end of its tenure finds that it has no say any more.
 */
export class Lease {
  readonly #leases: mongo.Collection<LeaseDocument>;
  readonly #holder = randomUUID();
  readonly #leaseMs: number;
  #tenure: Tenure | undefined;
  #working: Working | undefined;
  #keeping: { readonly loop: Loop; readonly work: LeasedWork } | undefined;

  /** @param name of what is leased; one a service will do */
  constructor(
    connection: Connection,
    private readonly name: string,
    { leaseMs = 10_000 }: LeaseOptions = {},
  ) {
    this.#leases = collectionsOf(connection).leases;
    this.#leaseMs = leaseMs;
  }

  /**
   * Starts the work whenever the lease is ours, stops it when it is lost, for as long as `end` is not called. However long the work
   * takes to start, the lease is prolonged meanwhile.
   */
  keep(work: LeasedWork, onError: (error: unknown) => void): void {
    const loop = new Loop(NOBODY, () => this.#step(work, onError), onError);
    this.#keeping = { loop, work };
    loop.start();
  }

  /** Stops the work and gives the lease back, so that another process need not wait for its end. */
  async end(): Promise<void> {
    if (this.#keeping === undefined) return;
    const { loop, work } = this.#keeping;
    await loop.stop();
    await this.#stop(work);
    const epoch = this.#tenure?.epoch;
    this.#tenure = undefined;
    if (epoch !== undefined) await this.#giveBack(epoch);
  }

  /**
   * Inside a transaction of the holder: compares the epoch. Of a service whose lease nobody keeps here, anyone may commit.
   * @throws LeaseLost
   */
  async assertHeld(session: mongo.ClientSession): Promise<void> {
    if (this.#keeping === undefined) return;
    const { epoch, until } = this.#tenure ?? { until: 0 };
    const found =
      performance.now() >= until ? null : await this.#leases.findOne({ _id: this.name, epoch }, { session });
    if (found === null) throw new LeaseLost(`the lease of ${this.name} is not held`);
  }

  async #step(work: LeasedWork, onError: (error: unknown) => void): Promise<number> {
    const asked = performance.now();
    const { holder, epoch } = await available(this.#ask());
    this.#tenure = holder === this.#holder ? { epoch, until: asked + this.#leaseMs } : undefined;
    if (this.#working !== undefined && this.#working.epoch !== this.#tenure?.epoch) await this.#stop(work);
    if (this.#working === undefined && this.#tenure !== undefined) this.#start(work, epoch, onError);
    return this.#leaseMs / 3;
  }

  #start(work: LeasedWork, epoch: number, onError: (error: unknown) => void): void {
    const started = Promise.resolve()
      .then(() => work.start())
      .catch((error: unknown) => {
        // the next step starts it again
        this.#working = undefined;
        onError(error);
      });
    this.#working = { epoch, started };
  }

  async #stop(work: LeasedWork): Promise<void> {
    await this.#working?.started;
    if (this.#working !== undefined) await work.stop();
    this.#working = undefined;
  }

  async #giveBack(epoch: number): Promise<void> {
    const mine = { _id: this.name, holder: this.#holder, epoch };
    try {
      await available(this.#leases.updateOne(mine, [{ $set: { expiresAt: '$$NOW' } }]));
    } catch (error) {
      // then it ends by itself
      if (!(error instanceof StorageUnavailable)) throw error;
    }
  }

  /** Takes the lease if it is free, prolongs it if it is ours, else leaves it as it is. */
  async #ask(): Promise<LeaseDocument> {
    const over = { $lte: [{ $ifNull: ['$expiresAt', '$$NOW'] }, '$$NOW'] };
    const ours = { $eq: ['$holder', this.#holder] };
    const end = { $add: ['$$NOW', this.#leaseMs] };
    const change = {
      holder: { $cond: [over, this.#holder, '$holder'] },
      epoch: { $cond: [over, { $add: [{ $ifNull: ['$epoch', 0] }, 1] }, '$epoch'] },
      expiresAt: { $cond: [{ $or: [over, ours] }, end, '$expiresAt'] },
    };
    const options = { upsert: true, returnDocument: 'after' } as const;
    return (await this.#leases.findOneAndUpdate({ _id: this.name }, [{ $set: change }], options))!;
  }
}
