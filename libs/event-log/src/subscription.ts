import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject, RecordedEvent } from './envelope.js';
import type { EventLog } from './event-log.js';
import { Loop } from './loop.js';
import { isSoon, Milestones } from './milestones.js';
import type { OnPassage } from './passage.js';
import type { Rush } from './rush.js';
import { CheckpointMoved, type View, type ViewStore } from './view-store.js';

export interface FollowOptions {
  /** called with every failure; the work is tried again by itself. `name`: of the view or source */
  readonly onError: (error: unknown, name: string) => void;
  /** most events read at once; default 4000 */
  readonly batchSize?: number;
  /** how long to wait for a wake-up that may have been lost, in ms; default 1000 */
  readonly pollMs?: number;
  /** beside which to stand back a little; default: never */
  readonly rush?: Rush;
  readonly onPassage?: OnPassage;
}

/** How soon to ask again how far a view is that another process folds. */
const ASK_AGAIN_MS = 10;

/** What so many positions are missing from is being built, or stands still. */
const FAR_BEHIND = 4000;

/** So many that most changes to one document fall into one write of it, when a view is built. */
const DEFAULT_BATCH = 4000;

export interface ViewLag {
  readonly view: string;
  /** the position folded last; 0: none */
  readonly checkpoint: number;
  /** how many positions of the log are not folded yet */
  readonly behind: number;
}

/**
 * Keeps the views of one service up to date with its log. Each view follows on its own, in position order, so that one whose
 * fold fails holds up no other. May be killed anywhere: documents and checkpoint move together, so no event is folded twice.
 */
export class ViewRunner {
  readonly #followers: readonly ViewFollower[];

  /**
   * @param views all views of the service, and `others` those that somebody else folds (what a reaction knows); whatever
   * else is in the store is dropped at the start
   */
  constructor(
    private readonly log: EventLog,
    private readonly store: ViewStore,
    private readonly views: readonly View<JsonObject>[],
    options: FollowOptions,
    private readonly others: readonly View<JsonObject>[] = [],
  ) {
    this.#followers = views.map((view) => new ViewFollower(view, log, store, options));
  }

  /** From now on the views can be read, whoever folds them. */
  declare(): Promise<void> {
    return this.store.declare([...this.views, ...this.others]);
  }

  /** Declares the views and begins to fold. */
  async start(): Promise<void> {
    await this.declare();
    for (const follower of this.#followers) await follower.start();
  }

  /** Resolves once the batches under way are finished. Whoever still waits in `caughtUp` is rejected. */
  async stop(): Promise<void> {
    await Promise.all(this.#followers.map((follower) => follower.stop()));
  }

  /** Resolves once every view that is read has folded the log up to this position; rejects if the runner stops before. */
  async caughtUp(position: number): Promise<void> {
    await Promise.all(this.#followers.map((follower) => follower.reached(position)));
  }

  /** Whether that happens within a time, in whichever process they are folded; not when the runner stops before. */
  async caughtUpWithin(position: number, withinMs: number): Promise<boolean> {
    const reached = await Promise.all(this.#followers.map((follower) => follower.reachedWithin(position, withinMs)));
    return !reached.includes(false);
  }

  /**
   * Resolves once what is read of a view holds all that the log holds now. Not waited for: a view that is being built or is no
   * view of the runner, and any for longer than `withinMs`, or `elsewhereMs` if another process folds it.
   */
  async refresh({ name }: View<JsonObject>, withinMs: number, elsewhereMs = withinMs): Promise<void> {
    const follower = this.#followers.find(({ view }) => view.name === name);
    if (follower === undefined || follower.builds) return;
    const end = await this.log.lastPosition();
    if (follower.follows) await follower.reachedWithin(end, withinMs);
    else if (end - (await follower.folded()) <= FAR_BEHIND) await follower.reachedWithin(end, elsewhereMs);
  }

  /** How far each view is behind the log now. */
  async lag(): Promise<readonly ViewLag[]> {
    const end = await this.log.lastPosition();
    return Promise.all(
      this.#followers.map(async (follower) => {
        const checkpoint = await follower.folded();
        return { view: follower.view.name, checkpoint, behind: Math.max(0, end - checkpoint) };
      }),
    );
  }
}

class ViewFollower {
  checkpoint = 0;
  /** what it folded is read: it had come as far as the log when it started */
  serves = false;
  #servesFrom = 0;
  /** else another process does */
  follows = false;
  readonly #milestones = new Milestones();
  readonly #loop: Loop;
  readonly #batchSize: number;
  readonly #pollMs: number;

  constructor(
    readonly view: View<JsonObject>,
    private readonly log: EventLog,
    private readonly store: ViewStore,
    options: FollowOptions,
  ) {
    this.#batchSize = options.batchSize ?? DEFAULT_BATCH;
    this.#pollMs = options.pollMs ?? 1000;
    this.#loop = new Loop(
      log,
      () => this.#step(),
      (error) => options.onError(error, view.name),
      options.rush,
    );
  }

  async start(): Promise<void> {
    this.follows = true;
    this.checkpoint = await this.store.checkpoint(this.view);
    this.#servesFrom = await this.log.lastPosition();
    await this.#takeOver();
    this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
    this.follows = this.serves = false;
    this.#milestones.stopped(`view ${this.view.name}`);
  }

  /** Resolves once it is read and has folded the log up to this position; rejects if it stops before. */
  reached(position: number): Promise<void> {
    if (this.serves && this.checkpoint >= position) return Promise.resolve();
    this.#loop.wake();
    return this.#milestones.reached(position);
  }

  /** Whether it holds the log up to this position within a time, wherever it is folded. */
  async reachedWithin(position: number, withinMs: number): Promise<boolean> {
    if (this.serves && this.checkpoint >= position) return true;
    if (this.follows) return isSoon(this.reached(position), withinMs);
    for (const end = performance.now() + withinMs; ;) {
      if ((await this.store.checkpoint(this.view)) >= position) return true;
      if (performance.now() > end) return false;
      await sleep(ASK_AGAIN_MS);
    }
  }

  /** It is not read yet. */
  get builds(): boolean {
    return this.follows && !this.serves;
  }

  async folded(): Promise<number> {
    return this.follows ? this.checkpoint : this.store.checkpoint(this.view);
  }

  async #step(): Promise<number> {
    const events: RecordedEvent[] = [];
    for await (const event of this.log.readLog({ after: this.checkpoint, limit: this.#batchSize })) events.push(event);
    try {
      await this.#fold(events);
    } catch (error) {
      if (!(error instanceof CheckpointMoved)) throw error;
      this.checkpoint = await this.store.checkpoint(this.view);
    }
    await this.#takeOver();
    return events.length < this.#batchSize ? this.#pollMs : 0;
  }

  async #fold(events: readonly RecordedEvent[]): Promise<void> {
    const to = events.at(-1)?.position ?? 0;
    for (let rest = events; rest.length > 0; rest = rest.slice(this.checkpoint - rest[0]!.position + 1)) {
      this.checkpoint = await this.store.advance(this.view, this.checkpoint, to, rest);
      this.#answerWaiters();
    }
  }

  /** A new build is read as soon as it knows what the old one does, which has stood still since the start. */
  async #takeOver(): Promise<void> {
    if (!this.serves && this.checkpoint >= this.#servesFrom) {
      await this.store.serve(this.view);
      this.serves = true;
    }
    this.#answerWaiters();
  }

  #answerWaiters(): void {
    if (this.serves) this.#milestones.passed(this.checkpoint);
  }
}
