import type { DataKey } from './keyring.js';

/**
 * The unwrapped keys used last. Bounded in number, and in age: what another process destroyed must be gone here too.
 */
export class KeyCache {
  readonly #keys = new Map<string, { readonly key: DataKey; readonly until: number }>();
  readonly #size: number;
  readonly #maxAge: number;
  #evictions = 0;

  /** @param maxAge in milliseconds */
  constructor(size = 10_000, maxAge = 30_000) {
    this.#size = size;
    this.#maxAge = maxAge;
  }

  /** Moves whenever something was evicted on purpose. */
  get evictions(): number {
    return this.#evictions;
  }

  get(id: string): DataKey | undefined {
    const entry = this.#keys.get(id);
    if (!entry) return undefined;
    this.#keys.delete(id);
    if (entry.until <= performance.now()) return undefined;
    this.#keys.set(id, entry);
    return entry.key;
  }

  put(key: DataKey): void {
    this.#keys.set(key.id, { key, until: performance.now() + this.#maxAge });
    // A Map keeps the order in which keys were set: the first is the one not used for longest.
    if (this.#keys.size > this.#size) this.#keys.delete(this.#keys.keys().next().value!);
  }

  evict(ids: readonly string[]): void {
    this.#evictions += 1;
    for (const id of ids) this.#keys.delete(id);
  }
}
