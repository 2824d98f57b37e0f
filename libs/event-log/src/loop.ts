import { setImmediate as breathe } from 'node:timers/promises';
import type { Rush } from './rush.js';

/** What a loop follows: a log, or the log of another service. */
interface Followed {
  /** Calls back when there may be more to read. Returns how to stop. */
  onCommit(wake: () => void): () => void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** What comes within this time of the last step is taken together in a rush. */
const GATHERING_MS = 100;

/**
 * Runs a step again and again, one at a time: at once when woken; after a commit at once or, in a rush, soon; else after the pause
 * the step asked for.
 * A failing step is reported and tried again with growing pauses (0.1 s to 10 s), which nothing shortens but the end.
 */
export class Loop {
  #running: Promise<void> | undefined;
  #stopped = false;
  #woken = false;
  #committed = false;
  #begun = 0;
  #reconsiderRest: (() => void) | undefined;
  #forget: readonly (() => void)[] | undefined;

  /** @param step one bounded piece of work; returns how long to rest if nobody wakes, in ms (Infinity: until woken) */
  constructor(
    private readonly followed: Followed,
    private readonly step: () => Promise<number>,
    private readonly onError: (error: unknown) => void,
    private readonly rush?: Rush,
  ) {}

  start(): void {
    this.#stopped = false;
    this.#forget ??= [
      this.followed.onCommit(() => this.#moreToDo()),
      ...(this.rush ? [this.rush.whenOver(() => this.#reconsiderRest?.())] : []),
    ];
    this.#running ??= this.#run();
  }

  /** Somebody waits. */
  wake(): void {
    this.#woken = true;
    this.#reconsiderRest?.();
  }

  /** Resolves once the step under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const forget of this.#forget ?? []) forget();
    this.#forget = undefined;
    this.#reconsiderRest?.();
    await this.#running;
    this.#running = undefined;
  }

  /** Nobody waits for it. */
  #moreToDo(): void {
    if (this.#committed) return;
    this.#committed = true;
    this.#reconsiderRest?.();
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stopped) {
      this.#woken = this.#committed = false;
      this.#begun = performance.now();
      try {
        const pause = await this.step();
        failures = 0;
        if (pause > 0) await this.#rest(pause, () => this.#due());
      } catch (error) {
        this.onError(error);
        await this.#rest(Math.min(FIRST_PAUSE_MS * 2 ** failures++, LONGEST_PAUSE_MS), () => Infinity);
      }
      // a long backlog must leave room for requests
      await breathe();
    }
  }

  /** When the next step begins, if there is a reason for it. */
  #due(): number {
    if (this.#woken) return 0;
    if (!this.#committed) return Infinity;
    return this.rush?.isOn ? this.#begun + GATHERING_MS : 0;
  }

  /** @param until when it is over in any case, on the clock of `performance`; asked again after every wake and commit */
  async #rest(ms: number, until: () => number): Promise<void> {
    const end = performance.now() + ms;
    await new Promise<void>((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      this.#reconsiderRest = () => {
        clearTimeout(timer);
        const left = this.#stopped ? 0 : Math.min(end, until()) - performance.now();
        if (left <= 0) resolve();
        else if (left < Infinity) timer = setTimeout(resolve, left);
      };
      this.#reconsiderRest();
    });
    this.#reconsiderRest = undefined;
  }
}
