import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Caller } from '@ihala/access';
import { RequestLimits } from '@ihala/service-kit';
import { describeWith, describeWithOwn, startRedis, type Server } from '@ihala/test-servers';
import { Redis } from 'ioredis';
import { RedisWindow } from './shared-window.js';
import { until } from './waiting.fixtures.js';
import { Wakes } from './wakes.js';

const caller = (subject: string) => ({ issuer: 'https://id.example', agency: 'oim', subject }) as Caller;
const karim = caller('k.benali@oim.example');
const secret = randomBytes(32);

const wakes: Wakes[] = [];
afterEach(() => {
  for (const one of wakes.splice(0)) one.close();
});
/** The limits of one process. */
async function replica(url: string, prefix: string, perMinute: number): Promise<RequestLimits> {
  const own = new Wakes(url, { prefix });
  wakes.push(own);
  await until(() => own.redis.status === 'ready');
  return new RequestLimits({ perMinute, shared: new RedisWindow(own.redis, prefix, secret) });
}
/** The clocks that minutes are counted by, Redis's and this process's, do not begin another one for a moment. */
const withinAMinute = () => until(() => [Date.now(), performance.now()].every((now) => now % 60_000 < 57_000));
/** How many of so many requests are admitted, each by the next of the replicas. */
async function admitted(replicas: readonly RequestLimits[], who: Caller, requests: number): Promise<number> {
  await withinAMinute();
  let count = 0;
  for (let n = 0; n < requests; n += 1) {
    const asked = replicas[n % replicas.length]!.admit(who);
    count += await asked.then(
      () => 1,
      () => 0,
    );
  }
  return count;
}
const newPrefix = () => `test-${randomUUID().slice(0, 8)}`;

await describeWith('redis', 'limits shared by replicas', (url) => {
  let redis: Redis;
  beforeAll(() => {
    redis = new Redis(url);
  });
  afterAll(() => redis.disconnect());
  const keysOf = (prefix: string) => redis.keys(`${prefix}:*`);
  const minuteNow = async () => Math.floor(Number((await redis.time())[0]) / 60);

  test('count what a caller asks of any of them', async () => {
    const prefix = newPrefix();
    const replicas = [await replica(url, prefix, 6), await replica(url, prefix, 6)];
    expect(await admitted(replicas, karim, 20)).toBe(6);
    await expect(replicas[1]!.admit(karim)).rejects.toMatchObject({
      ...{ status: 429, code: 'rate.exceeded' },
      extras: { retryAfterSeconds: expect.any(Number) },
    });
    expect(await admitted(replicas, caller('n.chraibi'), 4)).toBe(4);
  });

  test('let nobody through twice who asks all of them at the same moment', async () => {
    const prefix = newPrefix();
    const replicas = [await replica(url, prefix, 10), await replica(url, prefix, 10)];
    await withinAMinute();
    const asked = Array.from({ length: 60 }, (_, n) => replicas[n % 2]!.admit(karim));
    const answers = await Promise.allSettled(asked);
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
  });

  test('do not count what they refuse: whoever asks too much waits no longer for it', async () => {
    const prefix = newPrefix();
    const one = await replica(url, prefix, 3);
    expect(await admitted([one], karim, 50)).toBe(3);
    const [key] = await keysOf(prefix);
    expect(await redis.hget(key!, 'count')).toBe('3');
  });

  test('take the minute before to have been even, and forget the one before that', async () => {
    const prefix = newPrefix();
    const one = await replica(url, prefix, 100);
    await withinAMinute();
    await one.admit(karim);
    const [key] = await keysOf(prefix);
    const began = async (minutesAgo: number) =>
      redis.hset(key!, { minute: (await minuteNow()) - minutesAgo, count: 1_000_000, before: 0 });
    await began(1);
    await expect(one.admit(karim)).rejects.toMatchObject({ code: 'rate.exceeded' });
    await began(2);
    await one.admit(karim);
  });

  test('keep one key a caller, from which nobody is to be known, and which goes by itself', async () => {
    const prefix = newPrefix();
    const one = await replica(url, prefix, 100);
    for (let n = 0; n < 10; n += 1) await one.admit(karim);
    const keys = await keysOf(prefix);
    expect(keys).toEqual([expect.stringMatching(/^test-[\da-f]{8}:limit:[\w-]{22}$/)]);
    expect(await redis.pttl(keys[0]!)).toBeGreaterThan(0);
    expect(await redis.pttl(keys[0]!)).toBeLessThanOrEqual(120_000);
    const other = new RequestLimits({ perMinute: 100, shared: new RedisWindow(redis, prefix, randomBytes(32)) });
    await other.admit(karim);
    expect(await keysOf(prefix)).toHaveLength(2);
  });
});

await describeWithOwn('redis', 'limits without Redis', () => {
  let redis: Server;
  afterEach(() => redis.stop());

  test.each(['kill', 'freeze'] as const)(
    'are each process’s own after a %s, and shared again after that',
    async (deed) => {
      redis = await startRedis();
      const prefix = newPrefix();
      const replicas = [await replica(redis.address, prefix, 5), await replica(redis.address, prefix, 5)];
      expect(await admitted(replicas, karim, 12)).toBe(5);
      await redis[deed]();
      expect(await admitted(replicas, karim, 12)).toBe(10);
      await (deed === 'kill' ? redis.restart() : redis.thaw());
      await until(() => wakes.every(({ present, redis: { status } }) => present || status === 'ready'));
      expect(await admitted(replicas, caller('someone.else'), 12)).toBe(5);
    },
    60_000,
  );
});
