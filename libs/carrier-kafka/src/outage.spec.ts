import { afterAll, afterEach, beforeAll, beforeEach, expect, it, jest } from '@jest/globals';
import { describeWithOwn, startKafka, type Server } from '@ihala/test-servers';
import { until, World } from './world.fixtures.js';

jest.setTimeout(90_000);
const now = () => new Date().toISOString();

await describeWithOwn('kafka', 'a broker that is killed and returns', () => {
  let broker: Server;
  let world: World;

  beforeAll(async () => {
    broker = await startKafka();
  });
  afterAll(() => broker.stop());
  beforeEach(async () => {
    world = await World.make(broker.address);
  });
  afterEach(() => world.end());

  it('loses nothing; what could not be sent is not marked as sent; consumers that crashed begin again', async () => {
    const relay = world.relay();
    const observer = world.observer();
    await world.record(20);
    await world.expectEqual();
    await until(async () => (await relay.behind()) === 0);

    await broker.kill();
    await world.record(600);
    await until(() => !observer.listening && !relay.sending, 30_000);
    expect(await world.sent()).toBe(20);
    expect(await observer.upTo(now(), 500)).toBe(false);
    expect(world.errors.length).toBeGreaterThan(0);

    await broker.restart();
    await until(() => world.holds(620), 40_000);
    await world.expectEqual();
    await until(() => observer.listening);
    expect(await observer.upTo(now(), 15_000)).toBe(true);
    expect(await relay.behind()).toBe(0);
    expect(relay.sending).toBe(true);
    expect(world.errors.every((error) => error instanceof Error)).toBe(true);
  });

  it('is waited for by parts that begin without it, and they stop without it', async () => {
    await world.record(5);
    await broker.kill();
    const [relay, observer] = [world.relay(), world.observer()];
    await until(() => world.errors.length > 1, 30_000);
    await broker.restart();
    await until(() => world.holds(5), 40_000);
    await broker.kill();
    await Promise.all([relay.stop(), observer.stop()]);
    await broker.restart();
  });

  it('may hang without a word: that is noticed, and all goes on when it speaks again', async () => {
    const relay = world.relay();
    const observer = world.observer();
    await world.record(5);
    await world.expectEqual();
    await broker.freeze();
    await world.record(5);
    await until(() => !observer.listening && !relay.sending, 40_000);
    await broker.thaw();
    await until(() => world.holds(10), 40_000);
    await world.expectEqual();
    await until(() => observer.listening && relay.sending, 20_000);
  });

  it('may die at any moment of a long sending', async () => {
    world.relay();
    world.observer();
    await world.record(3000);
    for (const held of [500, 1500, 2500]) {
      await until(() => world.holds(held), 40_000);
      await broker.kill();
      await broker.restart();
    }
    await until(() => world.holds(3000), 40_000);
    await world.expectEqual();
  });
});
