export interface Waiter {
  /** RFC 3339, UTC, milliseconds */
  readonly instant: string;
  answer(complete: boolean): void;
}

/** Those who wait until a copy holds everything up to an instant. */
export class Waiting {
  readonly #waiters = new Set<Waiter>();

  /** @returns what the waiter is answered, or false when that takes longer than `timeoutMs` */
  upTo(instant: string, timeoutMs: number): Promise<boolean> {
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
    });
  }

  get size(): number {
    return this.#waiters.size;
  }

  /** Who waits at this moment. */
  now(): readonly Waiter[] {
    return [...this.#waiters];
  }

  /** It will not be complete. */
  giveUp(): void {
    for (const waiter of this.now()) waiter.answer(false);
  }
}
