import { setImmediate as breathe } from 'node:timers/promises';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Runs a step again and again, one at a time: at once when woken, else after the pause the step asked for.
 * A failing step is reported and tried again with growing pauses (0.1 s to 10 s), which waking does not shorten.
 */
export class Loop {
  #running: Promise<void> | undefined;
  #stopped = false;
  #woken = false;
  #endRest: (() => void) | undefined;

  /** @param step one bounded piece of work; returns how long to rest if nobody wakes, in ms (Infinity: until woken) */
  constructor(
    private readonly step: () => Promise<number>,
    private readonly onError: (error: unknown) => void,
  ) {}

  start(): void {
    this.#stopped = false;
    this.#running ??= this.#run();
  }

  wake(): void {
    this.#woken = true;
    this.#endRest?.();
  }

  /** Resolves once the step under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#endRest?.();
    await this.#running;
    this.#running = undefined;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopped) {
      this.#woken = false;
      try {
        const pause = await this.step();
        failures = 0;
        if (pause > 0) await this.#rest(pause, () => this.#woken);
      } catch (error) {
        this.onError(error);
        await this.#rest(Math.min(FIRST_PAUSE_MS * 2 ** failures++, LONGEST_PAUSE_MS), () => false);
      }
      // a long backlog must leave room for requests
      await breathe();
    }
  }

  async #rest(ms: number, over: () => boolean): Promise<void> {
    if (this.#stopped || over()) return;
    await new Promise<void>((resolve) => {
      const timer = ms === Infinity ? undefined : setTimeout(resolve, ms);
      this.#endRest = () => {
        if (!this.#stopped && !over()) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#endRest = undefined;
  }
}
