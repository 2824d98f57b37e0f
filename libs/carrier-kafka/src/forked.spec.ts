import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { SourceForked, type PublishedEvent } from '@ihala/event-log';
import { event } from '@ihala/event-log/conformance';
import { openSqliteService, type SqliteService } from '@ihala/event-log-sqlite';
import { describeWith } from '@ihala/test-servers';
import { until, World } from './world.fixtures.js';

jest.setTimeout(40_000);
const now = () => new Date().toISOString();

await describeWith('kafka', 'a source that was restored from an old backup', (address) => {
  let world: World;
  let events: PublishedEvent[];
  let lost: SqliteService;

  /** Ten events are sent and copied; then the source's log has only the first five, and so has its relay's checkpoint. */
  beforeEach(async () => {
    world = await World.make(address);
    await world.record(10);
    const relay = world.relay();
    const observer = world.observer();
    await world.expectEqual();
    await until(async () => (await relay.behind()) === 0);
    await Promise.all([relay.stop(), observer.stop()]);
    events = await world.recorded();
    lost = world.cases;
    let replayed: Date | undefined;
    world.cases = openSqliteService(':memory:', world.source, { clock: () => replayed ?? new Date() });
    for (const { stream, version, sequence: _, recordedAt, ...rest } of events.slice(0, 5)) {
      replayed = new Date(recordedAt);
      await world.cases.log.append({ writes: [{ stream, expectedVersion: version - 1, events: [rest] }] });
    }
    expect(await world.recorded()).toEqual(events.slice(0, 5));
    replayed = undefined;
    await world.markAllSent();
  });
  afterEach(async () => {
    await world.end();
    await lost.close();
  });

  const forks = () => world.errors.filter((error) => error instanceof SourceForked);
  const parked = async () => (await world.health.log.sources())[0]?.forkedAt;

  it('is parked with an alarm when it says how far it goes, which is not as far as the copy', async () => {
    const observer = world.observer();
    world.relay();
    await until(async () => (await parked()) !== undefined);
    expect(await parked()).toEqual({ stream: events[5]!.stream, version: events[5]!.version });
    expect(forks()).toHaveLength(1);
    expect(await observer.upTo(now(), 3000)).toBe(false);
  });

  it('is parked when it tells another story, and nothing of that is copied', async () => {
    await world.record(20);
    world.relay();
    const observer = world.observer();
    const waiting = observer.upTo(new Date(Date.now() + 60_000).toISOString(), 30_000);
    await until(async () => (await parked()) !== undefined);
    expect(await waiting).toBe(false);
    await sleep(1500);
    expect(forks()).toHaveLength(1);
    const copied = await Array.fromAsync(world.health.log.readLog({ after: 0 }));
    expect(copied.map(({ id }) => id)).toEqual(events.map(({ id }) => id));
    expect(observer.listening).toBe(false);
  });

  it('is parked again after a restart, and its topic is not passed over', async () => {
    world.relay();
    const first = world.observer();
    await until(async () => (await parked()) !== undefined);
    await first.stop();
    const before = await world.committed();
    world.observer();
    await until(() => forks().length === 2);
    await sleep(1200);
    expect(await world.committed()).toBe(before);
  });

  it('is not taken for one when it only records more', async () => {
    [world.cases, lost] = [lost, world.cases];
    const stream = `${world.source}/case-new`;
    await world.cases.log.append({ writes: [{ stream, expectedVersion: 0, events: [event('CaseOpened')] }] });
    world.relay();
    world.observer();
    await world.expectEqual();
    expect(world.errors).toEqual([]);
  });
});
