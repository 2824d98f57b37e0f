import type { JsonObject, RecordedEvent } from './envelope.js';
import type { EventLog } from './event-log.js';
import { ErrandDesk, type Errand, type ReactionOptions } from './errands.js';
import { Loop } from './loop.js';
import { Milestones } from './milestones.js';
import type { ParkedErrand, ReactionStore } from './reaction-store.js';
import type { View, ViewStore } from './view-store.js';

/**
 * "When this happened, do that": a subscription that names errands. It is told of each event once, in position order, and again
 * after a crash in between; errands carry a command id, so that what was done before is not done again.
 */
export interface Reaction {
  /** kebab-case, unique among the reactions and timers of its service */
  readonly name: string;
  /** What it may look up: folded up to exactly the event it is told of. A new form of it takes a new name, not a new version. */
  readonly knows?: View<JsonObject>;
  /** types of events, own and observed */
  readonly reactsTo: readonly string[];
  /** @throws CannotCarryOut when the event can't be read: it is parked, and the others go on */
  errands(event: RecordedEvent): Promise<readonly Errand[]>;
}

export interface ReactionLag {
  readonly reaction: string;
  /** how many positions of the log it has not been told of yet */
  readonly behind: number;
}

/** Tells one reaction of the log, event by event. */
export class ReactionFollower {
  readonly #desk: ErrandDesk;
  readonly #loop: Loop;
  readonly #batchSize: number;
  readonly #pollMs: number;
  readonly #milestones = new Milestones();
  #checkpoint: number | undefined;
  #known = 0;

  constructor(
    readonly reaction: Reaction,
    private readonly log: EventLog,
    private readonly views: ViewStore,
    private readonly store: ReactionStore,
    options: ReactionOptions,
  ) {
    this.#desk = new ErrandDesk(reaction.name, store, options);
    this.#batchSize = options.batchSize ?? 500;
    this.#pollMs = options.pollMs ?? 1000;
    this.#loop = new Loop(
      log,
      () => this.#step(),
      (error) => {
        // how far it came is looked up again
        this.#checkpoint = undefined;
        options.onError(error, reaction.name);
      },
      options.rush,
    );
  }

  start(): void {
    this.#loop.start();
  }

  /** Resolves once the errand under way has ended. */
  async stop(): Promise<void> {
    await this.#loop.stop();
    // another process may go on from there
    this.#checkpoint = undefined;
    this.#milestones.stopped(`reaction ${this.reaction.name}`);
  }

  /** Resolves once it was told of the log up to this position, and what it asked for is done or parked; rejects if it stops before. */
  async reached(position: number): Promise<void> {
    if ((this.#checkpoint ?? 0) >= position) return;
    this.#loop.wake();
    await this.#milestones.reached(position);
  }

  async lag(): Promise<ReactionLag> {
    const { name } = this.reaction;
    const told = this.#checkpoint ?? (await this.store.checkpoint(name));
    return { reaction: name, behind: Math.max(0, (await this.log.lastPosition()) - told) };
  }

  /** Tries what is parked once more. @returns what is still parked of it, if anything */
  retry(parked: ParkedErrand): Promise<ParkedErrand | undefined> {
    return this.#desk.retry(parked, async ({ position }) => {
      const [event] = await this.log.readAt([position!]);
      return event ? this.reaction.errands(event) : [];
    });
  }

  async #step(): Promise<number> {
    const { name, knows, reactsTo } = this.reaction;
    if (this.#checkpoint === undefined) {
      this.#checkpoint = await this.store.checkpoint(name);
      this.#known = knows ? await this.#recollected(knows) : 0;
    }
    const from = this.#checkpoint;
    const events = await this.#read(from, this.#batchSize);
    for (const event of events) {
      if (!reactsTo.includes(event.type)) continue;
      await this.#learn(event.position, events);
      await this.#tell(event);
      await this.#reached(event.position);
    }
    const last = events.at(-1)?.position ?? from;
    await this.#learn(last, events);
    await this.#reached(last);
    this.#milestones.passed(last);
    return events.length < this.#batchSize ? this.#pollMs : 0;
  }

  async #reached(position: number): Promise<void> {
    if (position === this.#checkpoint) return;
    await this.store.moveCheckpoint(this.reaction.name, this.#checkpoint!, position);
    this.#checkpoint = position;
  }

  /** Folds what the reaction knows up to this position and not beyond. */
  async #learn(to: number, batch: readonly RecordedEvent[]): Promise<void> {
    const { knows } = this.reaction;
    while (knows && this.#known < to) {
      // an empty batch: nothing new, but what was known is gone
      const first = batch[0]?.position ?? to + 1;
      const next =
        this.#known >= first - 1
          ? batch.slice(this.#known - first + 1, to - first + 1)
          : // what it knows was lost or is new: what was reacted to already is read again
            await this.#read(this.#known, Math.min(this.#batchSize, first - 1 - this.#known));
      const end = next.at(-1)!.position;
      this.#known = await this.views.advance(knows, this.#known, end, next);
    }
  }

  /** What it looks up is what it folded itself, never the documents of a build before. */
  async #recollected(knows: View<JsonObject>): Promise<number> {
    await this.views.serve(knows);
    return this.views.checkpoint(knows);
  }

  #read(after: number, limit: number): Promise<readonly RecordedEvent[]> {
    return Array.fromAsync(this.log.readLog({ after, limit }));
  }

  async #tell(event: RecordedEvent): Promise<void> {
    const occasion = { id: event.id, type: event.type, position: event.position, caseId: event.caseId };
    const errands = await this.#desk.named(occasion, event.stream, () => this.reaction.errands(event));
    for (const errand of errands) await this.#desk.run(occasion, errand);
  }
}
