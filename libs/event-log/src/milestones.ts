interface Waiter {
  readonly position: number;
  resolve(): void;
  reject(error: Error): void;
}

/** Those who wait until a follower has come to some position of the log. */
export class Milestones {
  #waiters: Waiter[] = [];

  /** Rejects if the follower stops before. */
  reached(position: number): Promise<void> {
    return new Promise((resolve, reject) => this.#waiters.push({ position, resolve, reject }));
  }

  passed(position: number): void {
    for (const waiter of this.#waiters) if (waiter.position <= position) waiter.resolve();
    this.#waiters = this.#waiters.filter((waiter) => waiter.position > position);
  }

  stopped(what: string): void {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(new Error(`${what} stopped`));
  }
}

/** Whether it is fulfilled within a time. */
export async function isSoon(coming: Promise<unknown>, withinMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => (timer = setTimeout(resolve, withinMs, false)));
  const come = coming.then(
    () => true,
    () => false,
  );
  const soon = await Promise.race([come, late]);
  clearTimeout(timer);
  return soon;
}
