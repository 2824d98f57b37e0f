import type { Caller } from '@ihala/access';
import { Problem } from './problem.js';
import { SlidingWindow } from './sliding-window.js';

export interface RequestLimitOptions {
  /** requests a minute of one caller, failures a minute of one address; 0: no limit */
  readonly perMinute: number;
  /** told each time somebody is over a limit */
  readonly onLimited?: (limit: 'caller' | 'address') => void;
  readonly now?: () => number;
}

/** What one caller may ask of all services of this process together, and how often an address may fail to say who it is. */
export class RequestLimits {
  readonly #callers: SlidingWindow;
  readonly #addresses: SlidingWindow;

  constructor(private readonly options: RequestLimitOptions) {
    this.#callers = new SlidingWindow(options.perMinute, options.now);
    this.#addresses = new SlidingWindow(options.perMinute, options.now);
  }

  /** @throws Problem 429 */
  admit({ issuer, agency, subject }: Caller): void {
    this.#refuseUnless('caller', () => this.#callers.take(JSON.stringify([issuer, agency, subject])));
  }

  /** Before a token that is not known yet is looked at. @throws Problem 429 when this address failed too often */
  admitStranger(address: string): void {
    this.#refuseUnless('address', () => this.#addresses.wait(address));
  }

  strangerFailed(address: string): void {
    if (this.options.perMinute > 0) this.#addresses.take(address);
  }

  #refuseUnless(limit: 'caller' | 'address', wait: () => number): void {
    const ms = this.options.perMinute > 0 ? wait() : 0;
    if (ms === 0) return;
    this.options.onLimited?.(limit);
    throw new Problem(429, 'rate.exceeded', { retryAfterSeconds: Math.max(1, Math.ceil(ms / 1000)) });
  }
}
