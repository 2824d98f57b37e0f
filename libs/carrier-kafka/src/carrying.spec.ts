import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { openSqliteService } from '@ihala/event-log-sqlite';
import { describeWith } from '@ihala/test-servers';
import { until, World } from './world.fixtures.js';

jest.setTimeout(40_000);
const now = () => new Date().toISOString();

await describeWith('kafka', 'events on their way from one log to another', (address) => {
  let world: World;

  beforeEach(async () => {
    world = await World.make(address);
  });
  afterEach(() => world.end());

  it('arrive whole and in order, those from before and those that come', async () => {
    await world.record(12);
    const relay = world.relay();
    const observer = world.observer({ batchSize: 5 });
    await world.expectEqual();
    await world.record(1100);
    await world.expectEqual();
    expect(await relay.behind()).toBe(0);
    expect(await observer.behind()).toBe(0);
    expect(world.errors).toEqual([]);
  });

  it('let a copy be called complete up to the source’s last word, not before', async () => {
    await world.record(3);
    const observer = world.observer();
    expect(await observer.upTo(now(), 700)).toBe(false);
    expect(await observer.completeUpTo()).toBeUndefined();
    const relay = world.relay();
    for (let n = 4; n < 7; n++) {
      await world.record(1);
      const asked = now();
      expect(await observer.upTo(asked, 5000)).toBe(true);
      expect(await world.health.log.lastPosition()).toBe(n);
      expect((await observer.completeUpTo())! > asked).toBe(true);
    }
    await relay.stop();
    await sleep(1500);
    expect(await observer.upTo(now(), 1500)).toBe(false);
  });

  it('are sent by two relays at once without harm: none is left out, whoever asks for nothing', async () => {
    const relays = [world.relay({ batchSize: 5 }), world.relay({ batchSize: 5 })];
    for (let n = 0; n < 20; n++) {
      await world.record(20);
      await sleep(5);
    }
    for (const relay of relays) await until(async () => (await relay.behind()) === 0);
    const [end] = await world.withAdmin((admin) => admin.fetchTopicOffsets(world.topic));
    const sent = (await world.messagesOn(world.topic, Number(end!.high))).map(({ headers }) => headers!['ce_sequence']);
    expect(new Set(sent.filter(Boolean).map(Number)).size).toBe(400);
    world.observer();
    await world.expectEqual();
    expect(world.errors).toEqual([]);
  });

  it('are copied by one replica of the receiver at a time, and each can tell how complete the copy is', async () => {
    world.relay();
    const replicas = [world.observer(), world.observer()];
    await until(() => replicas.every(({ listening }) => listening));
    await world.record(5);
    for (const replica of replicas) expect(await replica.upTo(now(), 10_000)).toBe(true);
    await replicas[0]!.stop();
    await world.record(5);
    expect(await replicas[1]!.upTo(now(), 10_000)).toBe(true);
    await world.expectEqual();
  });

  it('are taken on by a replica from where another has left off, and nobody sends them again', async () => {
    await world.record(15);
    const events = await world.recorded();
    await world.putEvents(...events.slice(0, 5));
    const first = world.observer();
    await until(() => world.holds(5));
    await first.stop();
    const second = world.observer();
    await world.putEvents(...events.slice(5, 10));
    await until(() => world.holds(10));
    await until(async () => (await world.committed()) === 10);
    await second.stop();
    first.start();
    await world.putEvents(...events.slice(10));
    await world.expectEqual();
  });

  it('are read again from before a hole by whoever begins then', async () => {
    await world.record(10);
    const events = await world.recorded();
    const first = world.observer();
    await world.putEvents(...events.slice(0, 5));
    await until(() => world.holds(5));
    await sleep(1100);
    await world.putEvents(...events.slice(7));
    await sleep(700);
    await first.stop();
    await world.putEvents(...events.slice(5, 7));
    world.observer();
    await world.expectEqual();
  });

  it('come again to a receiver that starts late, when the topic has let them go', async () => {
    await world.record(700);
    world.relay({ batchSize: 50 });
    await until(async () => (await world.sent()) === 700);
    await expire(world);
    world.observer();
    await world.expectEqual();
  });

  it('come again to a receiver that was away for longer than the topic keeps them', async () => {
    const relay = world.relay();
    const before = world.observer();
    await world.record(10);
    await world.expectEqual();
    await before.stop();
    await world.record(10);
    await until(async () => (await relay.behind()) === 0);
    await expire(world);
    await world.record(10);
    world.observer();
    await world.expectEqual();
  });

  it('come again to a receiver that was restored from an old backup', async () => {
    world.relay();
    const before = world.observer();
    await world.record(30);
    await world.expectEqual();
    await until(async () => (await world.committed()) !== undefined);
    await before.stop();
    const events = await world.recorded();
    world.health = openSqliteService(':memory:', world.receiver);
    await world.health.log.observe(world.source, events.slice(0, 10));
    world.observer();
    await world.expectEqual();
  });

  it('come again to one who lacks some in the middle, and to nobody else as something new', async () => {
    await world.record(20);
    await world.markAllSent();
    const events = await world.recorded();
    await world.putEvents(...events.slice(0, 7), ...events.slice(9, 12), ...events.slice(15));
    const observer = world.observer();
    await until(() => world.holds(7));
    await sleep(300);
    expect(await world.health.log.lastPosition()).toBe(7);
    world.relay();
    await world.expectEqual();
    expect(await observer.upTo(now(), 5000)).toBe(true);
    expect(world.errors).toEqual([]);
  });

  it('come twice, late and in any order without harm, also if nobody sends them again', async () => {
    await world.record(12);
    const events = await world.recorded();
    const order = [2, 0, 0, 1, 1, 2, 5, 4, 3, 3, 0, 11, 10, 9, 8, 7, 6, 2, 11];
    for (const sequence of order.slice(0, 9)) await world.putEvents(events[sequence]!);
    world.observer();
    await world.putEvents(...order.slice(9).map((sequence) => events[sequence]!));
    await world.expectEqual();
    await world.putEvents(...events);
    await sleep(500);
    await world.expectEqual();
    expect(world.errors).toEqual([]);
  });

  it('arrive though the topic was lost and is made anew', async () => {
    world.relay();
    world.observer();
    await world.record(10);
    await world.expectEqual();
    await until(async () => (await world.committed()) !== undefined);
    await world.withAdmin((admin) => admin.deleteTopics({ topics: [world.topic] }));
    await sleep(500);
    await world.carrier.ensureTopics([world.source]);
    await world.record(10);
    await world.expectEqual();
  });
});

/** Lets the topic go of all that it has. */
async function expire(world: World): Promise<void> {
  await world.withAdmin(async (admin) => {
    const [end] = await admin.fetchTopicOffsets(world.topic);
    await admin.deleteTopicRecords({ topic: world.topic, partitions: [{ partition: 0, offset: end!.high }] });
    const [after] = await admin.fetchTopicOffsets(world.topic);
    expect(Number(after!.low)).toBeGreaterThan(0);
  });
}
