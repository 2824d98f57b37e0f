import type { Caller } from '@ihala/access';
import { Problem } from './problem.js';
import { type Minute, SlidingWindow, waitOf } from './sliding-window.js';

export type Limit = 'caller' | 'address' | 'streams';

/** Counts what several processes count together. */
export interface SharedWindow {
  /**
   * Counts one more of this name, unless that would be over the limit, by the rule of `waitOf`.
   * @returns how it stood before that; undefined: can't be told now
   */
  take(name: string, limit: number): Promise<Omit<Minute, 'limit'> | undefined>;
}

export interface RequestLimitOptions {
  /** requests a minute of one caller, failures a minute of one address; 0: no limit */
  readonly perMinute: number;
  /** answers written bit by bit that one caller has open at once; 0, or left out: no limit */
  readonly streams?: number;
  /** told each time somebody is over a limit */
  readonly onLimited?: (limit: Limit) => void;
  readonly now?: () => number;
  /** with other replicas; while it can't tell, and without it, this process counts for itself */
  readonly shared?: SharedWindow;
}

/** What one caller may ask of all services of this process or, if that is shared, of all replicas together, and how often an address may fail to say who it is. */
export class RequestLimits {
  readonly #callers: SlidingWindow;
  readonly #addresses: SlidingWindow;
  readonly #streams = new Map<string, number>();

  constructor(private readonly options: RequestLimitOptions) {
    this.#callers = new SlidingWindow(options.perMinute, options.now);
    this.#addresses = new SlidingWindow(options.perMinute, options.now);
  }

  /** @throws Problem 429 */
  async admit(caller: Caller): Promise<void> {
    const { perMinute, shared } = this.options;
    const name = nameOf(caller);
    const minute = perMinute > 0 ? await shared?.take(name, perMinute) : undefined;
    const wait = () => (minute ? waitOf({ limit: perMinute, ...minute }) : this.#callers.take(name));
    this.#refuseUnless('caller', wait);
  }

  /** Takes one of the streams that a caller may have open. @returns how to give it back, once @throws Problem 429 */
  openStream(caller: Caller): () => void {
    const name = nameOf(caller);
    const { streams: most = 0 } = this.options;
    const open = (): number => this.#streams.get(name) ?? 0;
    if (most > 0 && open() >= most) this.#exceeded('streams', streamRetryMs);
    this.#streams.set(name, open() + 1);
    return () => {
      if (open() > 1) this.#streams.set(name, open() - 1);
      else this.#streams.delete(name);
    };
  }

  /** Before a token that is not known yet is looked at. @throws Problem 429 when this address failed too often */
  admitStranger(address: string): void {
    this.#refuseUnless('address', () => this.#addresses.wait(address));
  }

  strangerFailed(address: string): void {
    if (this.options.perMinute > 0) this.#addresses.take(address);
  }

  #refuseUnless(limit: Limit, wait: () => number): void {
    const ms = this.options.perMinute > 0 ? wait() : 0;
    if (ms > 0) this.#exceeded(limit, ms);
  }

  #exceeded(limit: Limit, ms: number): never {
    this.options.onLimited?.(limit);
    throw new Problem(429, 'rate.exceeded', { retryAfterSeconds: Math.max(1, Math.ceil(ms / 1000)) });
  }
}

/** By then the reader of a stream that is dead has been found to be gone. */
const streamRetryMs = 30_000;
const nameOf = ({ issuer, agency, subject }: Caller): string => JSON.stringify([issuer, agency, subject]);
