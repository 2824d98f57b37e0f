import { createHash } from 'node:crypto';

/** Chance that comes back: the same seed and names give the same draws, in whatever order others draw from theirs. */
export class Chance {
  #state: number;

  constructor(
    seed: number,
    private readonly names: readonly (string | number)[] = [],
    private readonly root = seed,
  ) {
    this.#state = createHash('sha256')
      .update(JSON.stringify([seed, ...names]))
      .digest()
      .readUInt32LE();
  }

  /** Draws of its own for one part of the plan. */
  of(...names: (string | number)[]): Chance {
    return new Chance(this.root, [...this.names, ...names]);
  }

  /** At least 0, below 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `from` up to and including `to`. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  happens(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.between(0, items.length - 1)]!;
  }

  /** A UUID of version 4: names commands, so that a seed names them again. */
  uuid(): string {
    const hex = Array.from({ length: 8 }, () => this.between(0, 0xffff).toString(16).padStart(4, '0')).join('');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  }
}

/** From `SEED`, else a new one. Whoever uses it prints it. */
export function seedOf(text = process.env['SEED']): number {
  if (text === undefined) return Math.floor(Math.random() * 2 ** 31);
  const seed = Number(text);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new Error(`a seed is a whole number, not ${text}`);
  return seed;
}
