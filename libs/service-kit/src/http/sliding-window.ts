const minuteMs = 60_000;

interface Counted {
  /** when the minute began that is being counted */
  start: number;
  count: number;
  /** in the minute before it */
  before: number;
}

/**
 * How often each of many did something in the last minute: a sliding window counter, which takes the minute before to have
 * been even. Whoever starts afresh gets the whole limit; nobody ever more than twice of it in any minute.
 * Remembers a bounded number of names: past that, those not heard of for longest are forgotten.
 */
export class SlidingWindow {
  readonly #counted = new Map<string, Counted>();

  /** @param now milliseconds, never going back */
  constructor(
    private readonly limit: number,
    private readonly now: () => number = () => performance.now(),
    private readonly mostNames = 50_000,
  ) {}

  /** Counts one more, unless that would be over the limit. @returns how long to wait in ms; 0: it was counted */
  take(name: string): number {
    const counted = this.#current(name);
    const wait = this.#wait(counted);
    if (wait === 0) counted.count += 1;
    this.#counted.delete(name);
    this.#counted.set(name, counted);
    if (this.#counted.size > this.mostNames) this.#counted.delete(this.#counted.keys().next().value!);
    return wait;
  }

  /** How long to wait in ms until one more would be counted. */
  wait(name: string): number {
    return this.#wait(this.#current(name));
  }

  get size(): number {
    return this.#counted.size;
  }

  #current(name: string): Counted {
    const now = this.now();
    const start = now - (now % minuteMs);
    const known = this.#counted.get(name);
    if (known?.start === start) return known;
    return { start, count: 0, before: known?.start === start - minuteMs ? known.count : 0 };
  }

  #wait({ start, count, before }: Counted): number {
    return waitOf({ limit: this.limit, count, before, passedMs: this.now() - start });
  }
}

/** How a minute stands: how often it was until now, how often in the minute before, and how much of it has passed. */
export interface Minute {
  readonly limit: number;
  readonly count: number;
  readonly before: number;
  readonly passedMs: number;
}

/** How long to wait in ms until one more is within the limit; 0: it is. */
export function waitOf({ limit, count, before, passedMs }: Minute): number {
  const most = limit - 1;
  if (count + before * (1 - passedMs / minuteMs) <= most) return 0;
  // within this minute, as the one before wanes; or else in the next, as this one does
  if (count <= most) return minuteMs * (1 - (most - count) / before) - passedMs;
  return minuteMs - passedMs + minuteMs * (1 - most / count);
}
