import type { PublishedEvent } from './envelope.js';
import { SourceForked, SourceGap, type EventLog, type LogHead } from './event-log.js';
import { Loop } from './loop.js';
import type { FollowOptions } from './subscription.js';

/** How soon to ask again while someone waits for the source, in ms. */
const SOON_MS = 5;

/** Another service's log, as far as it can be read from here. */
export interface SourceLog {
  /** the service whose log it is */
  readonly source: string;
  /** Events from a sequence on, oldest first, without gaps. */
  readOwn(range: { from: number; limit?: number }): AsyncIterable<PublishedEvent>;
  /** How far the log goes, as far as can be known now. */
  head(): Promise<LogHead>;
  /** Calls back when there may be more to read. Returns how to stop. */
  onCommit(wake: () => void): () => void;
}

/** A log in the same process, as a source for the others. */
export function asSource(log: EventLog): SourceLog {
  return {
    source: log.service,
    readOwn: (range) => log.readOwn(range),
    head: () => log.head(),
    onCommit: (wake) => log.onCommit(wake),
  };
}

/**
 * Copies one source's log into our own, from the last sequence that is there already. Give one to each source.
 * Whatever fails is reported and tried again; only a source that contradicts itself is parked, until the process starts again.
 */
export class Observer {
  readonly source: string;
  readonly #loop: Loop;
  readonly #batchSize: number;
  readonly #pollMs: number;
  readonly #waiters = new Set<Waiter>();
  /** the next sequence to ask for; undefined: not looked up in our log yet */
  #next: number | undefined;
  #parked = false;
  #stopped = false;

  constructor(
    private readonly log: EventLog,
    private readonly sourceLog: SourceLog,
    private readonly options: FollowOptions,
  ) {
    this.source = sourceLog.source;
    this.#batchSize = options.batchSize ?? 500;
    this.#pollMs = options.pollMs ?? 1000;
    this.#loop = new Loop(
      sourceLog,
      () => this.#step(),
      (error) => options.onError(error, this.source),
      options.rush,
    );
  }

  start(): void {
    this.#stopped = false;
    this.#loop.start();
  }

  /** Resolves once the batch under way is copied. Whoever still waits in `upTo` is told false. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#loop.stop();
    for (const waiter of this.#waiters) waiter.answer(false);
  }

  /** The instant (RFC 3339) up to which the copy is complete; undefined: nothing heard of the source yet. */
  async completeUpTo(): Promise<string | undefined> {
    return (await this.#progress())?.completeUpTo;
  }

  /** How many events of the source are not copied yet. */
  async behind(): Promise<number> {
    const [head, progress] = await Promise.all([this.sourceLog.head(), this.#progress()]);
    return Math.max(0, head.sequence - (progress?.sequence ?? -1));
  }

  /**
   * Waits until the copy holds everything that the source recorded up to an instant. The source is asked at once.
   * @param instant RFC 3339, UTC, milliseconds @returns false if that takes longer than `timeoutMs`, or the source is parked
   */
  upTo(instant: string, timeoutMs: number): Promise<boolean> {
    if (this.#parked || this.#stopped) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = setTimeout(() => waiter.answer(false), timeoutMs);
      const waiter: Waiter = {
        instant,
        answer: (complete) => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve(complete);
        },
      };
      this.#waiters.add(waiter);
      this.#loop.wake();
    });
  }

  async #step(): Promise<number> {
    if (this.#parked) return Infinity;
    // only who was waiting before the head is asked for may be answered with it
    const waiting = [...this.#waiters];
    const from = (this.#next ??= ((await this.#progress())?.sequence ?? -1) + 1);
    const head = await this.sourceLog.head();
    const events: PublishedEvent[] = [];
    for await (const event of this.sourceLog.readOwn({ from, limit: this.#batchSize })) events.push(event);
    if (!(await this.#copy(events, head))) return Infinity;
    this.#next = (events.at(-1)?.sequence ?? from - 1) + 1;
    if (this.#next > head.sequence) {
      for (const waiter of waiting) if (waiter.instant <= head.at) waiter.answer(true);
    }
    if (events.length === this.#batchSize) return 0;
    return this.#waiters.size > 0 ? SOON_MS : this.#pollMs;
  }

  /** @returns false if the source is parked now */
  async #copy(events: readonly PublishedEvent[], head: LogHead): Promise<boolean> {
    try {
      await this.log.observe(this.source, events, head);
      return true;
    } catch (error) {
      if (error instanceof SourceGap) this.#next = error.expected;
      if (!(error instanceof SourceForked)) throw error;
      this.#park(error);
      return false;
    }
  }

  #park(error: SourceForked): void {
    this.#parked = true;
    for (const waiter of this.#waiters) waiter.answer(false);
    this.options.onError(error, this.source);
  }

  async #progress() {
    return (await this.log.sources()).find(({ source }) => source === this.source);
  }
}

interface Waiter {
  readonly instant: string;
  answer(complete: boolean): void;
}
