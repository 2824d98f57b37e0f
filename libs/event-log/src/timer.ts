import type { EventLog } from './event-log.js';
import { ErrandDesk, type Errand, type ReactionOptions } from './errands.js';
import { Loop } from './loop.js';
import type { ParkedErrand, ReactionStore } from './reaction-store.js';
import type { Page, View, ViewStore } from './view-store.js';

/** Something falls due at an instant (RFC 3339, UTC, milliseconds); the fold of a view says what, and when no more. */
export type Due = { readonly dueAt: string; readonly caseId?: string };

/** Due instants are a view; when one has come, a command is sent. */
export interface Timer {
  /** kebab-case, unique among the reactions and timers of its service */
  readonly name: string;
  /** indexed by `dueAt`; folded with the other views of the service */
  readonly due: View<Due>;
  /** Carries out what is due, again after a crash: so it is one command with an id of its own. @throws CannotCarryOut */
  fire(id: string, due: Due): Promise<void>;
}

export interface TimerLag {
  readonly timer: string;
  /** how long the first of what is due has waited; what is parked waits for an operator, and does not count */
  readonly lateMs: number;
}

const PAGE = 100;
const earliestFirst = { field: 'dueAt', direction: 'asc' } as const;

/** Watches the clock for one timer. */
export class TimerFollower {
  readonly #desk: ErrandDesk;
  readonly #loop: Loop;
  readonly #pollMs: number;
  /** done, and not folded away yet */
  #done = new Set<string>();

  constructor(
    readonly timer: Timer,
    log: EventLog,
    private readonly views: ViewStore,
    store: ReactionStore,
    private readonly options: ReactionOptions,
  ) {
    this.#desk = new ErrandDesk(timer.name, store, options);
    this.#pollMs = options.pollMs ?? 1000;
    this.#loop = new Loop(
      log,
      () => this.#step(),
      (error) => options.onError(error, timer.name),
      options.rush,
    );
  }

  start(): void {
    this.#loop.start();
  }

  /** Resolves once the errand under way has ended. */
  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** Tries what is parked once more, unless it is due no more. @returns what is still parked of it, if anything */
  retry(parked: ParkedErrand): Promise<ParkedErrand | undefined> {
    return this.#desk.retry(parked, async ({ target: id, occasion }) => {
      const due = await this.views.get(this.timer.due, id);
      return due && occasionOf(id, due) === occasion ? [this.#errand(id, due)] : [];
    });
  }

  async lag(): Promise<TimerLag> {
    const now = this.options.now();
    const { name: timer } = this.timer;
    for await (const { id, doc } of this.#dueBy(now)) {
      if (!this.#done.has(occasionOf(id, doc))) return { timer, lateMs: Date.parse(now) - Date.parse(doc.dueAt) };
    }
    return { timer, lateMs: 0 };
  }

  async #step(): Promise<number> {
    const now = this.options.now();
    const seen = new Set<string>();
    for await (const { id, doc } of this.#dueBy(now)) {
      const occasion = occasionOf(id, doc);
      if (!this.#done.has(occasion)) await this.#fire(id, doc);
      seen.add(occasion);
    }
    this.#done = seen;
    return this.#untilNext(now);
  }

  /** The earliest first. */
  #dueBy(now: string): AsyncGenerator<Page<Due>['items'][number]> {
    const range = { field: 'dueAt', to: now } as const;
    return this.views.findAll(this.timer.due, { anyOf: [{}], range, sort: earliestFirst, limit: PAGE });
  }

  async #fire(id: string, due: Due): Promise<void> {
    await this.#desk.run({ id: occasionOf(id, due), type: 'due', caseId: due.caseId }, this.#errand(id, due));
  }

  #errand(id: string, due: Due): Errand {
    return { target: id, carryOut: () => this.timer.fire(id, due) };
  }

  /** Not later than the next poll: the clock may jump, and the view may be behind. */
  async #untilNext(now: string): Promise<number> {
    const range = { field: 'dueAt', from: now } as const;
    const next = await this.views.find(this.timer.due, { anyOf: [{}], range, sort: earliestFirst, limit: 1 });
    const dueAt = next.items.find(({ doc }) => doc.dueAt > now)?.doc.dueAt;
    return dueAt === undefined ? this.#pollMs : Math.min(this.#pollMs, Date.parse(dueAt) - Date.parse(now));
  }
}

/** One firing of a timer, by name. */
export const occasionOf = (id: string, { dueAt }: Due): string => `${dueAt} ${id}`;
