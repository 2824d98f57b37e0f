import { Problem } from '../http/problem.js';
import type { Service } from '../service.js';

/** Sources say every second how far they go; that is waited for. */
const PATIENCE_MS = 2000;
/** A process that shares what it lacks with all others is of use all the same, after a while. */
const FIRST_MS = 30_000;

/** Whether a process is to be asked things. */
export class Readiness {
  readonly #since = performance.now();
  #caughtUp = false;

  /** @param shared see `Engine.shared`: then having been caught up once is enough, since another process would be behind as well */
  constructor(
    private readonly services: readonly Service[],
    private readonly shared: boolean,
  ) {}

  /** @throws Problem 503, StorageUnavailable */
  async require(): Promise<void> {
    const writable = await Promise.all(this.services.map((service) => service.writable()));
    if (writable.includes(false)) throw new Problem(503, 'storage.unavailable', { retryAfterSeconds: 5 });
    if (!this.services.every(({ carries }) => carries)) {
      throw new Problem(503, 'carrier.unavailable', { retryAfterSeconds: 5 });
    }
    await Promise.all(this.services.map(({ store }) => store.log.lastPosition()));
    if (this.shared && this.#caughtUp) return;
    const caughtUp = await Promise.all(this.services.map((service) => service.caughtUp(PATIENCE_MS)));
    this.#caughtUp = !caughtUp.includes(false) || (this.shared && performance.now() - this.#since > FIRST_MS);
    if (!this.#caughtUp) throw new Problem(503, 'service.catching-up', { retryAfterSeconds: 1 });
  }
}
