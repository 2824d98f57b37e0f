import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import mongoose from 'mongoose';
import {
  describeWith,
  describeWithOwn,
  kafka,
  mongodb,
  redis,
  type ReplicaSet,
  type Server,
  startKafka,
  startMongod,
  startRedis,
  startReplicaSet,
} from './index.js';
import { askKafka, askRedis, runs, until } from './probes.js';

jest.setTimeout(120_000);
const portOf = (address: string) => Number(/:(\d+)/.exec(address.replace(/^\w+:\/\//, ''))?.[1]);

await describeWith('mongodb', 'the shared MongoDB', (address) => {
  it('is a replica set with transactions, none of which lives for more than 5 s', async () => {
    const connection = await mongoose.createConnection(address, { dbName: 'ihala_servers' }).asPromise();
    const cups = connection.collection('cups');
    await connection.transaction(async (session) => void (await cups.insertOne({ of: 'tea' }, { session })));
    expect(await cups.countDocuments({ of: 'tea' })).toBe(1);
    const limit = await connection.db!.admin().command({ getParameter: 1, transactionLifetimeLimitSeconds: 1 });
    expect(limit['transactionLifetimeLimitSeconds']).toBeLessThanOrEqual(5);
    await connection.dropDatabase();
    await connection.close();
  });

  it('is one for all who ask', async () => {
    expect(await mongodb()).toBe(address);
  });
});

await describeWith('kafka', 'the shared Kafka', (address) => {
  it('answers, and is one for all who ask', async () => {
    expect(await askKafka(portOf(address), null)).not.toBe('');
    expect(await kafka()).toBe(address);
  });
});

await describeWith('redis', 'the shared Redis', (address) => {
  it('answers, and is one for all who ask', async () => {
    expect(await askRedis(portOf(address), 'PING')).toBe('+PONG');
    expect(await redis()).toBe(address);
  });
});

await describeWithOwn('redis', 'a Redis of one’s own', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startRedis();
  });

  it('is none that others have, at a port that no client is given for its own end', async () => {
    const another = await startRedis();
    expect(new Set([server.address, another.address, await redis()]).size).toBe(3);
    expect(server.address).toBe(`redis://127.0.0.1:${server.port}`);
    expect(server.port).toBeLessThan(32_768);
    await another.stop();
  });

  it('is killed, and comes back with what it had been told', async () => {
    expect(await askRedis(server.port, 'SET tea mint')).toBe('+OK');
    const before = server.pid!;
    await server.kill();
    expect([server.pid, runs(before)]).toEqual([undefined, false]);
    await expect(askRedis(server.port, 'PING')).rejects.toThrow('ECONNREFUSED');
    await server.restart();
    expect(await askRedis(server.port, 'GET tea')).toContain('mint');
    expect(runs(server.pid!)).toBe(true);
  });

  it('is started anew while it runs, and while it is frozen', async () => {
    const pids = [server.pid];
    await server.restart();
    pids.push(server.pid);
    await server.freeze();
    await server.restart();
    pids.push(server.pid);
    expect(new Set(pids).size).toBe(3);
    expect(await askRedis(server.port, 'GET tea')).toContain('mint');
  });

  it('freezes: it takes connections and says nothing', async () => {
    await server.freeze();
    await expect(askRedis(server.port, 'PING')).rejects.toThrow('no answer');
    await server.thaw();
    expect(await askRedis(server.port, 'PING')).toBe('+PONG');
  });

  it('is stopped for good', async () => {
    const pid = server.pid!;
    await server.stop();
    expect([server.pid, runs(pid)]).toEqual([undefined, false]);
    await expect(server.restart()).rejects.toThrow('this server was stopped');
  });
});

await describeWithOwn('kafka', 'a Kafka of one’s own', () => {
  it('is set up as one wishes, killed, and comes back with what it had', async () => {
    const server = await startKafka({ settings: { 'auto.create.topics.enable': 'true' } });
    await askKafka(server.port, ['mint-tea']);
    const hasTopic = async () => (await askKafka(server.port, null)).includes('mint-tea');
    await until(hasTopic);
    await server.kill();
    await expect(askKafka(server.port, null)).rejects.toThrow('ECONNREFUSED');
    await server.restart();
    await until(hasTopic);
    await server.stop();
  });

  it('makes no topic by itself, unless told to', async () => {
    const address = portOf(await kafka());
    await askKafka(address, ['green-tea']);
    await sleep(300);
    expect(await askKafka(address, null)).not.toContain('green-tea');
  });
});

await describeWithOwn('mongodb', 'a MongoDB of one’s own', () => {
  let set: ReplicaSet;
  beforeAll(async () => {
    set = await startReplicaSet(3);
  });
  afterAll(() => set.stop());

  it('elects another primary when it is killed, and takes it back', async () => {
    const first = await set.primary();
    await first.kill();
    const second = await set.primary();
    expect([set.members.length, set.members.includes(second), second === first]).toEqual([3, true, false]);
    await first.restart();
    expect(await namesOf(await set.primary())).toEqual(set.members.map(({ port }) => `127.0.0.1:${port}`));
  });

  it('has the parameters that it is given', async () => {
    const server = await startMongod({ parameters: { transactionLifetimeLimitSeconds: 2 } });
    const told = await command(server, { getParameter: 1, transactionLifetimeLimitSeconds: 1 });
    expect(told['transactionLifetimeLimitSeconds']).toBe(2);
    expect(await namesOf(server)).toEqual([`127.0.0.1:${server.port}`]);
    await server.stop();
  });
});

const namesOf = async (server: Server) => (await command(server, { hello: 1 }))['hosts'] as unknown;

async function command({ port }: Server, ask: mongoose.mongo.Document): Promise<mongoose.mongo.Document> {
  const options = { directConnection: true };
  const connection = await mongoose.createConnection(`mongodb://127.0.0.1:${port}/admin`, options).asPromise();
  try {
    return await connection.db!.command(ask);
  } finally {
    await connection.close();
  }
}
