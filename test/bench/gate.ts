import type { EventLog } from '@ihala/event-log';

/** Holds back the first who comes, until the clock runs; tells when so many have passed. */
export class Gate {
  readonly #reached = Promise.withResolvers<void>();
  readonly #opened = Promise.withResolvers<void>();
  readonly #done = Promise.withResolvers<void>();
  readonly reached = this.#reached.promise;
  readonly done = this.#done.promise;

  constructor(private left: number) {}

  pass(): Promise<void> {
    this.#reached.resolve();
    return this.#opened.promise;
  }
  open(): void {
    this.#opened.resolve();
  }
  passed(count: number): void {
    if ((this.left -= count) <= 0) this.#done.resolve();
  }
}

/** A log whose copying waits for the gate. */
export const gated = (log: EventLog, gate: Gate): EventLog =>
  new Proxy(log, {
    get(target, name) {
      if (name === 'observe') {
        return async (...args: Parameters<EventLog['observe']>) => {
          await gate.pass();
          const count = await target.observe(...args);
          gate.passed(count);
          return count;
        };
      }
      const value = target[name as keyof EventLog] as unknown;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
