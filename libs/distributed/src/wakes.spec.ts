import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from '@jest/globals';
import { describeWith, describeWithOwn, startRedis, type Server } from '@ihala/test-servers';
import { Redis } from 'ioredis';
import { until } from './waiting.fixtures.js';
import { Wakes } from './wakes.js';

/** One process's end of it, with what it was told. */
class Replica {
  woken = 0;
  readonly told: string[] = [];
  readonly wakes: Wakes;

  constructor(url: string, prefix: string) {
    const onAway = () => this.told.push('away');
    this.wakes = new Wakes(url, { prefix, onAway, onBack: () => this.told.push('back') });
    this.wakes.on('cases', () => (this.woken += 1));
    replicas.push(this);
  }

  /** From here on it is woken by what others tell alone. */
  async listens(): Promise<this> {
    await until(() => this.wakes.present && this.woken > 0);
    this.woken = 0;
    return this;
  }
}
const replicas: Replica[] = [];
afterEach(() => {
  for (const { wakes } of replicas.splice(0)) wakes.close();
});
const newPrefix = () => `test-${randomUUID().slice(0, 8)}`;
async function two(url: string): Promise<readonly [Replica, Replica]> {
  const prefix = newPrefix();
  const [one, other] = [new Replica(url, prefix), new Replica(url, prefix)];
  return [await one.listens(), await other.listens()];
}

await describeWith('redis', 'wake-ups over Redis', (url) => {
  test('reach the other process, and not the one that told', async () => {
    const [one, other] = await two(url);
    one.wakes.tell('cases');
    await until(() => other.woken > 0);
    other.wakes.tell('cases');
    await until(() => one.woken > 0);
    await sleep(50);
    expect([one.woken, other.woken]).toEqual([1, 1]);
  });

  test('of another service or installation are none of ours', async () => {
    const [one, other] = await two(url);
    const [stranger] = await two(url);
    stranger.wakes.tell('cases');
    one.wakes.tell('health');
    one.wakes.tell('cases');
    await until(() => other.woken > 0);
    expect([stranger.woken, other.woken]).toEqual([0, 1]);
  });

  test('told many times at once are few, and the last one is after all of them', async () => {
    const [one, other] = await two(url);
    for (let turn = 0; turn < 50; turn += 1) {
      for (let n = 0; n < 20; n += 1) one.wakes.tell('cases');
      if (turn % 10 === 0) await sleep(1);
    }
    await until(() => other.woken > 0);
    await sleep(50);
    const before = other.woken;
    expect(before).toBeLessThan(50);
    one.wakes.tell('cases');
    await until(() => other.woken > before);
  });

  test('say which installation, which service and which process, and nothing else', async () => {
    const [one] = await two(url);
    const listener = new Redis(url);
    const heard: string[] = [];
    listener.on('pmessage', (_, channel: string, message: string) => heard.push(`${channel} ${message}`));
    await listener.psubscribe('test-*');
    one.wakes.tell('cases');
    await until(() => heard.length > 0);
    listener.disconnect();
    expect(heard).toEqual([
      expect.stringMatching(/^test-[\da-f]{8}:wake:cases [\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/),
    ]);
  });
});

await describeWithOwn('redis', 'a Redis that goes and comes', () => {
  let redis: Server;
  afterEach(() => redis.stop());

  test('is told of once, and everybody is woken when it is back', async () => {
    redis = await startRedis();
    const [one, other] = await two(redis.address);
    await redis.kill();
    await until(() => !one.wakes.present && one.told.length > 0 && other.told.length > 0);
    one.wakes.tell('cases');
    await sleep(1000);
    expect([one.woken, other.woken, one.told, other.told]).toEqual([0, 0, ['away'], ['away']]);
    await redis.restart();
    await Promise.all([one.listens(), other.listens()]);
    one.wakes.tell('cases');
    await until(() => other.woken > 0);
    expect([one.told, other.told]).toEqual([
      ['away', 'back'],
      ['away', 'back'],
    ]);
  }, 60_000);

  test('may be there later than the process', async () => {
    redis = await startRedis();
    await redis.kill();
    const late = new Replica(redis.address, newPrefix());
    await until(() => late.told.length > 0);
    await redis.restart();
    await late.listens();
    expect(late.told).toEqual(['away', 'back']);
  }, 60_000);

  test('counts as away as well when it says nothing, though no connection has ended', async () => {
    redis = await startRedis();
    const [one, other] = await two(redis.address);
    await redis.freeze();
    await until(() => !one.wakes.present && !other.wakes.present);
    await redis.thaw();
    await Promise.all([one.listens(), other.listens()]);
    one.wakes.tell('cases');
    await until(() => other.woken > 0);
  }, 60_000);

  test('keeps what is told meanwhile from heaping up', async () => {
    redis = await startRedis();
    const [one] = await two(redis.address);
    await redis.freeze();
    const published = new Set<unknown>();
    const { publish } = one.wakes.redis;
    one.wakes.redis.publish = ((...message: [string, string]) => {
      const under = publish.apply(one.wakes.redis, message);
      published.add(under);
      void under.finally(() => published.delete(under)).catch(() => {});
      return under;
    }) as typeof publish;
    for (let n = 0; n < 200; n += 1) {
      one.wakes.tell('cases');
      await sleep(1);
      expect(published.size).toBeLessThan(2);
    }
    await redis.thaw();
  }, 60_000);
});
