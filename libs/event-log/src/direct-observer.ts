import type { PublishedEvent } from './envelope.js';
import { SourceForked, SourceGap, type EventLog, type LogHead } from './event-log.js';
import { Loop } from './loop.js';
import { Observer } from './observer.js';
import type { FollowOptions } from './subscription.js';
import { Waiting } from './waiting.js';

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

/** Reads the other log itself, from the last sequence that is in our own already. Give one to each source. */
export class DirectObserver extends Observer {
  readonly source: string;
  readonly #loop: Loop;
  readonly #batchSize: number;
  readonly #pollMs: number;
  readonly #waiting = new Waiting();
  /** the next sequence to ask for; undefined: not looked up in our log yet */
  #next: number | undefined;
  #parked = false;
  #stopped = false;

  constructor(
    private readonly log: EventLog,
    private readonly sourceLog: SourceLog,
    private readonly options: FollowOptions,
  ) {
    super();
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

  get listening(): boolean {
    return !this.#stopped && !this.#parked;
  }

  get parked(): boolean {
    return this.#parked;
  }

  start(): void {
    this.#stopped = false;
    this.#loop.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#loop.stop();
    this.#waiting.giveUp();
  }

  async completeUpTo(): Promise<string | undefined> {
    return (await this.#progress())?.completeUpTo;
  }

  async behind(): Promise<number> {
    const [head, progress] = await Promise.all([this.sourceLog.head(), this.#progress()]);
    return Math.max(0, head.sequence - (progress?.sequence ?? -1));
  }

  /** The source is asked at once. */
  async upTo(instant: string, timeoutMs: number): Promise<boolean> {
    if (this.#parked || this.#stopped) return false;
    const answer = this.#waiting.upTo(instant, timeoutMs);
    this.#loop.wake();
    return answer;
  }

  async #step(): Promise<number> {
    if (this.#parked) return Infinity;
    // only who was waiting before the head is asked for may be answered with it
    const waiting = this.#waiting.now();
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
    return this.#waiting.size > 0 ? SOON_MS : this.#pollMs;
  }

  /** @returns false if the source is parked now */
  async #copy(events: readonly PublishedEvent[], head: LogHead): Promise<boolean> {
    const since = performance.now();
    try {
      await this.log.observe(this.source, events, head);
      if (events.length > 0) this.options.onPassage?.({ step: 'observe', events, by: this.source, since });
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
    this.#waiting.giveUp();
    this.options.onError(error, this.source);
  }

  async #progress() {
    return (await this.log.sources()).find(({ source }) => source === this.source);
  }
}
