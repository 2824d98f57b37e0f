import type { EventLog } from './event-log.js';
import type { ReactionOptions } from './errands.js';
import { isSoon } from './milestones.js';
import { ReactionFollower, type Reaction, type ReactionLag } from './reaction.js';
import type { ParkedErrand, ReactionStore } from './reaction-store.js';
import { TimerFollower, type Timer, type TimerLag } from './timer.js';
import type { ViewStore } from './view-store.js';

/** The place a service keeps its log in, with all that follows from it. */
export interface FollowedLog {
  readonly log: EventLog;
  readonly views: ViewStore;
  readonly reactions: ReactionStore;
}

/** The reactions and timers of one service at work, and the door for what they had to park. */
export class FollowUps {
  readonly #reactions: readonly ReactionFollower[];
  readonly #timers: readonly TimerFollower[];
  readonly #store: ReactionStore;

  constructor(
    { log, views, reactions: store }: FollowedLog,
    { reactions = [], timers = [] }: { readonly reactions?: readonly Reaction[]; readonly timers?: readonly Timer[] },
    options: ReactionOptions,
  ) {
    const names = [...reactions, ...timers].map(({ name }) => name);
    if (new Set(names).size < names.length) throw new TypeError('two reactions have one name');
    this.#store = store;
    this.#reactions = reactions.map((reaction) => new ReactionFollower(reaction, log, views, store, options));
    this.#timers = timers.map((timer) => new TimerFollower(timer, log, views, store, options));
  }

  start(): void {
    for (const follower of [...this.#reactions, ...this.#timers]) follower.start();
  }

  /** Resolves once the errands under way have ended. */
  async stop(): Promise<void> {
    await Promise.all([...this.#reactions, ...this.#timers].map((follower) => follower.stop()));
  }

  /** Whether within a time all reactions were told of the log up to this position, and what they asked for is done or parked. */
  toldWithin(position: number, withinMs: number): Promise<boolean> {
    return isSoon(Promise.all(this.#reactions.map((follower) => follower.reached(position))), withinMs);
  }

  lag(): Promise<readonly ReactionLag[]> {
    return Promise.all(this.#reactions.map((follower) => follower.lag()));
  }

  timerLag(): Promise<readonly TimerLag[]> {
    return Promise.all(this.#timers.map((follower) => follower.lag()));
  }

  /** Tries what is parked once more. @returns what is still parked of it, if anything */
  async retry(parked: ParkedErrand): Promise<ParkedErrand | undefined> {
    const follower =
      this.#reactions.find(({ reaction }) => reaction.name === parked.reaction) ??
      this.#timers.find(({ timer }) => timer.name === parked.reaction);
    if (follower) return follower.retry(parked);
    // of a reaction that this program has no more
    await this.#store.unpark(parked.id);
    return undefined;
  }

  /** Gives up on it for good; what waits behind it for the same target is tried now. */
  async skip(parked: ParkedErrand): Promise<void> {
    await this.#store.unpark(parked.id);
    const next = await this.#store.firstFor(parked.reaction, parked.target);
    if (next) await this.retry(next);
  }
}
