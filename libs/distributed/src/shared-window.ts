import { createHash } from 'node:crypto';
import type { SharedWindow } from '@ihala/service-kit';
import type { Redis } from 'ioredis';

const MINUTE_MS = 60_000;

/** Counts in Redis what replicas count together: this minute and the one before, by Redis's own clock. Names go there hashed. */
export class RedisWindow implements SharedWindow {
  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
  ) {}

  async count(name: string): Promise<{ count: number; before: number; passedMs: number } | undefined> {
    try {
      const [seconds, micros] = await this.redis.time();
      const now = Number(seconds) * 1000 + Number(micros) / 1000;
      const minute = Math.floor(now / MINUTE_MS);
      const key = (of: number) => `${this.prefix}:limit:${hashed(name)}:${of}`;
      const answers = await this.redis
        .multi()
        .incr(key(minute))
        .pexpire(key(minute), 2 * MINUTE_MS)
        .get(key(minute - 1))
        .exec();
      if (answers === null) return undefined;
      const [[, count], , [, before]] = answers as [[unknown, number], unknown, [unknown, string | null]];
      return { count, before: Number(before ?? 0), passedMs: now % MINUTE_MS };
    } catch {
      // Redis is away: each replica counts for itself
      return undefined;
    }
  }
}

const hashed = (name: string): string => createHash('sha256').update(name).digest('base64url').slice(0, 22);
