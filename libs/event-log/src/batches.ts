import { setImmediate as breathe } from 'node:timers/promises';

/** Fetched at once; between batches other work gets its turn. */
const BATCH = 500;

/**
 * Reads on and on in bounded batches, without a cursor held open.
 * @param read at most `limit` items from `next` on, in order
 * @param nextOf from where to read on after this item
 */
export async function* inBatches<T>(
  read: (next: number, limit: number) => Promise<readonly T[]> | readonly T[],
  start: number,
  nextOf: (last: T) => number,
  limit = Infinity,
): AsyncGenerator<T> {
  let next = start;
  for (let left = limit; left > 0;) {
    const size = Math.min(left, BATCH);
    const batch = await read(next, size);
    // one by one: delegating to an array's iterator costs three times as much
    for (const event of batch) yield event;
    if (batch.length < size) return;
    left -= size;
    next = nextOf(batch[batch.length - 1]!);
    await breathe();
  }
}
