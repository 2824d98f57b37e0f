import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { asSource } from '@ihala/event-log';
import { describeWith } from '@ihala/test-servers';
import kafkajs from 'kafkajs';
import { KafkaRelay } from './index.js';
import { failing, until, World } from './world.fixtures.js';

jest.setTimeout(40_000);

await describeWith('kafka', 'what is not on disk yet', (address) => {
  let world: World;

  beforeEach(async () => {
    world = await World.make(address);
  });
  afterEach(() => world.end());

  it('is not committed as read: a receiver that dies before its log has it reads it again, and nobody sends it again', async () => {
    await world.record(6);
    const events = await world.recorded();
    await world.putEvents(...events.slice(0, 3));
    const { log, reactions } = world.health;
    const full = failing(log, 'observe', (times) => times > 0);
    const dying = world.observer({ batchSize: 2 }, { log: full, reactions });
    await until(() => world.holds(2));
    await world.putEvents(...events.slice(3));
    await sleep(1500);
    expect(world.errors.length).toBeGreaterThan(0);
    await dying.stop();
    expect((await world.committed()) ?? 0).toBeLessThanOrEqual(2);
    world.observer();
    await world.expectEqual();
  });

  it('holds up the topic while our log refuses, and all behind it comes when it takes again', async () => {
    await world.record(9);
    await world.putEvents(...(await world.recorded()));
    const { log, reactions } = world.health;
    world.observer(
      { batchSize: 2 },
      { log: failing(log, 'observe', (times) => times === 1 || times === 3), reactions },
    );
    await world.expectEqual();
    expect(world.errors).toEqual([new Error('full'), new Error('full')]);
  });

  it('is not marked as sent: a relay that dies before its mark sends again, and receivers drop it', async () => {
    await world.record(7);
    const { log, reactions } = world.cases;
    const stuck = failing(reactions, 'moveCheckpoint', () => true);
    const dying = world.begun(world.carrier.relay(asSource(log), stuck, { onError: world.onError }));
    await until(() => world.errors.length >= 2);
    await dying.stop();
    expect(await world.sent()).toBe(0);
    world.observer();
    const relay = world.relay();
    await until(async () => (await relay.behind()) === 0);
    await world.expectEqual();
    const sequences = (await world.messagesOn(world.topic, 21)).map(({ headers }) => String(headers!['ce_sequence']));
    expect(sequences.filter((sequence) => Number(sequence) === 6).length).toBeGreaterThanOrEqual(3);
  });

  it('is sent though the broker’s answer got lost: what it has of the same producer is not taken for something new', async () => {
    let deaf = false;
    const kafka = new kafkajs.Kafka({
      ...{ brokers: address.split(','), logLevel: kafkajs.logLevel.NOTHING },
      socketFactory: ({ host, port, onConnect }) => {
        const socket = connect({ host, port }, onConnect);
        const give = socket.emit.bind(socket) as (name: string, ...args: unknown[]) => boolean;
        // the answer has come as far as here, so the broker has done what it was asked
        socket.emit = (name: string, ...args: unknown[]) =>
          name === 'data' && deaf ? Boolean(socket.destroy(new Error('cut'))) : give(name, ...args);
        return socket;
      },
    });
    const { log, reactions } = world.cases;
    const line = { kafka, names: world.names, send: async () => {} };
    await world.record(3);
    const relay = world.begun(
      new KafkaRelay(asSource(log), reactions, line, { onError: world.onError, headMs: 60_000 }),
    );
    await until(async () => (await relay.behind()) === 0);
    deaf = true;
    await world.record(2);
    await sleep(500);
    await world.record(1);
    await until(() => world.errors.length > 0);
    deaf = false;
    await until(async () => (await relay.behind()) === 0);
    world.observer();
    await world.expectEqual();
  });
});
