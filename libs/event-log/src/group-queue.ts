/**
 * What arrives at the same moment, or while a group is under way, makes up the next group; one group is under way at a time.
 * Behind it stands the commit that a group shares.
 */
export class GroupQueue<Item> {
  #waiting: Item[] = [];
  #busy = false;
  #closing = false;
  #whenEmpty: (() => void)[] = [];

  /**
   * @param flush commits a group and answers each of its items, by itself; never throws
   * @param largest bounds how long one commit takes
   */
  constructor(
    private readonly flush: (group: readonly Item[]) => Promise<void> | void,
    private readonly largest: number,
  ) {}

  /** @throws Error once it is closed */
  add(item: Item): void {
    this.assertOpen();
    this.#waiting.push(item);
    this.#schedule();
  }

  /** @throws Error once it is closed */
  assertOpen(): void {
    if (this.#closing) throw new Error('the log is closed');
  }

  /** Takes nothing more; resolves once all that was taken is answered. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#busy) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
  }

  #schedule(): void {
    if (this.#busy) return;
    this.#busy = true;
    // after this turn's I/O, so that everything that came in with it shares the commit
    setImmediate(() => void this.#next());
  }

  async #next(): Promise<void> {
    await this.flush(this.#waiting.splice(0, this.largest));
    this.#busy = false;
    if (this.#waiting.length > 0) this.#schedule();
    else for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }
}
