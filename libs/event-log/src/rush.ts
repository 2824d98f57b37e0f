/** Between two answers of a steady crowd there may be none under way for a moment: that is not the end of it. */
const LULL_MS = 2;

/**
 * Whether several commands are under way in this process. While they are, those who follow a log gather what comes: a commit for
 * each event would take more time than the commands do. A single caller's commands are followed at once.
 */
export class Rush {
  #underWay = 0;
  #on = false;
  #lull = false;
  readonly #whenOver = new Set<() => void>();

  get isOn(): boolean {
    return this.#on;
  }

  async during<T>(command: () => Promise<T>): Promise<T> {
    this.#underWay += 1;
    if (this.#underWay > 1) this.#on = true;
    try {
      return await command();
    } finally {
      this.#underWay -= 1;
      if (this.#on && this.#underWay === 0 && !this.#lull) {
        this.#lull = true;
        setTimeout(() => this.#mayBeOver(), LULL_MS);
      }
    }
  }

  /** @returns how to stop being told */
  whenOver(listener: () => void): () => void {
    this.#whenOver.add(listener);
    return () => void this.#whenOver.delete(listener);
  }

  #mayBeOver(): void {
    this.#lull = false;
    if (this.#underWay > 0) return;
    this.#on = false;
    for (const listener of this.#whenOver) listener();
  }
}
