import { createHmac } from 'node:crypto';
import type { SharedWindow } from '@ihala/service-kit';
import type { Redis } from 'ioredis';

/**
 * One more, unless that would be over the limit: as `waitOf` has it, by Redis's own clock. A name is one small hash, which goes two
 * minutes after it was last heard of.
 */
const TAKE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local minute = math.floor(now / 60000)
local passed = now - minute * 60000
local known = redis.call('HMGET', KEYS[1], 'minute', 'count', 'before')
local count, before = 0, 0
if tonumber(known[1]) == minute then
  count, before = tonumber(known[2]), tonumber(known[3])
elseif tonumber(known[1]) == minute - 1 then
  before = tonumber(known[2])
end
if count + before * (1 - passed / 60000) <= ARGV[1] - 1 then
  redis.call('HSET', KEYS[1], 'minute', minute, 'count', count + 1, 'before', before)
  redis.call('PEXPIRE', KEYS[1], 120000)
end
return { count, before, passed }`;

type Scripted = Redis & { ihalaTake(key: string, limit: number): Promise<[number, number, number]> };

/** Counts in Redis what replicas count together. Who is counted is not to be read from it: names go there hashed, with a key. */
export class RedisWindow implements SharedWindow {
  readonly #redis: Scripted;

  constructor(
    redis: Redis,
    private readonly prefix: string,
    private readonly secret: Uint8Array,
  ) {
    redis.defineCommand('ihalaTake', { numberOfKeys: 1, lua: TAKE });
    this.#redis = redis as Scripted;
  }

  async take(name: string, limit: number) {
    const hashed = createHmac('sha256', this.secret).update(name).digest('base64url').slice(0, 22);
    try {
      const [count, before, passedMs] = await this.#redis.ihalaTake(`${this.prefix}:limit:${hashed}`, limit);
      return { count, before, passedMs };
    } catch {
      // Redis is away: each replica counts for itself
      return undefined;
    }
  }
}
