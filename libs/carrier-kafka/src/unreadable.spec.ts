import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { event } from '@ihala/event-log/conformance';
import { describeWith } from '@ihala/test-servers';
import type { Message } from 'kafkajs';
import { type Unreadable } from './index.js';
import { eventMessage } from './messages.js';
import { failing, until, World } from './world.fixtures.js';

jest.setTimeout(40_000);

await describeWith('kafka', 'what a receiver can’t read', (address) => {
  let world: World;

  beforeEach(async () => {
    world = await World.make(address);
  });
  afterEach(() => world.end());

  const text = (content: unknown) => Buffer.from((content as Buffer | null) ?? '').toString('latin1');
  /** What was kept for this receiver. */
  const kept = async (count: number): Promise<Message[]> => {
    const mine = async () =>
      (await world.messagesOn(world.names.unreadable, count)).filter(
        ({ headers }) => text(headers!['ihala_receiver']) === world.receiver,
      );
    let found: Message[] = [];
    await until(async () => (found = await mine()).length >= count);
    return found;
  };

  it('is kept byte for byte and parked, once, is told of, and holds up nothing', async () => {
    await world.record(6);
    await world.markAllSent();
    const events = await world.recorded();
    const garbage: Message = {
      key: 'k',
      value: Buffer.from([0xff, 0x00, 0x7b]),
      headers: { ce_id: Buffer.from([0xfe]) },
    };
    const tombstone: Message = { key: 'case-1', value: null };
    const good = eventMessage(world.source, events[3]!);
    const broken: Message = { ...good, value: Buffer.from(good.value!.subarray(0, 20)) };
    await world.putEvents(...events.slice(0, 3));
    await world.put(garbage, tombstone, broken, garbage);
    await world.putEvents(...events.slice(3));
    world.observer({ batchSize: 2 });
    await world.expectEqual();

    const found = await kept(3);
    expect(found.map(({ headers }) => text(headers!['ihala_code'])).toSorted()).toEqual([
      'not-a-cloud-event',
      'not-json',
      'not-utf-8',
    ]);
    const first = found.find(({ headers }) => text(headers!['ihala_code']) === 'not-utf-8')!;
    expect([text(first.key), text(first.value), text(first.headers!['ce_id'])]).toEqual(['k', '\xff\0{', '\xfe']);
    expect([text(first.headers!['ihala_topic']), text(first.headers!['ihala_offset'])]).toEqual([world.topic, '3']);
    const { items } = await world.health.reactions.list(10);
    expect(items).toHaveLength(3);
    for (const item of items) {
      expect(item).toMatchObject({ reaction: 'observe', target: world.source, code: 'event.unreadable' });
    }
    expect(world.errors.map((error) => (error as Unreadable).code)).toEqual([
      'not-utf-8',
      'not-a-cloud-event',
      'not-json',
      'not-utf-8',
    ]);
    const [end] = await world.withAdmin((admin) => admin.fetchTopicOffsets(world.names.unreadable));
    expect(end!.high).toBe('3');
  });

  it('is copied as it is when only its meaning is unknown: type, version, data, fields of the envelope', async () => {
    const stream = `${world.source}/case-odd`;
    const odd = { ...event('MoonLanded', { craters: ['x'] }), schemaVersion: 99, later: { phase: 'full' } };
    await world.record(5);
    await world.cases.log.append({ writes: [{ stream, expectedVersion: 0, events: [odd] }] });
    world.relay();
    world.observer();
    await world.expectEqual();
    expect(world.errors).toEqual([]);
    const [copy] = await Array.fromAsync(world.health.log.readLog({ after: 5 }));
    expect(copy).toMatchObject(odd);
  });

  it('comes again whole when it was an event: its bytes were broken on the way', async () => {
    await world.record(6);
    await world.markAllSent();
    const messages = (await world.recorded()).map((recorded) => eventMessage(world.source, recorded) as Message);
    messages[2] = { ...messages[2]!, value: Buffer.from('{') };
    await world.put(...messages);
    world.observer();
    await until(() => world.holds(2));
    world.relay();
    await world.expectEqual();
  });

  it('waits with all behind it while it can’t be kept', async () => {
    await world.record(2);
    const events = await world.recorded();
    await world.putEvents(events[0]!);
    await world.put({ key: 'k', value: Buffer.from('?') });
    await world.putEvents(events[1]!);
    const { log, reactions } = world.health;
    world.observer({ batchSize: 1 }, { log, reactions: failing(reactions, 'park', (before) => before < 2) });
    await world.expectEqual();
    expect(world.errors.slice(0, 2)).toEqual([new Error('full'), new Error('full')]);
    expect(await reactions.count()).toBe(1);
  });
});
