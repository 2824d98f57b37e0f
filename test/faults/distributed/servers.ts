import { type ReplicaSet, type Server, startKafka, startRedis, startReplicaSet } from '@ihala/test-servers';
import mongoose from 'mongoose';
import type { Environment } from '../../distributed/replica.js';
import { FaultyProxy } from './faulty-proxy.js';

const members = 3;

/** MongoDB, Kafka and Redis of our own, each with a proxy before it through which all the rest goes. */
export class Servers {
  private constructor(
    private readonly set: ReplicaSet,
    readonly kafka: Server,
    readonly redis: Server,
    /** of MongoDB's members, of Kafka, of Redis */
    readonly proxies: readonly FaultyProxy[],
  ) {}

  static async start(): Promise<Servers> {
    const [first, second, third, broker, cache] = (await Promise.all(
      ['mongodb-1', 'mongodb-2', 'mongodb-3', 'kafka', 'redis'].map((name) => FaultyProxy.listen(name)),
    )) as [FaultyProxy, FaultyProxy, FaultyProxy, FaultyProxy, FaultyProxy];
    const [set, kafka, redis] = await Promise.all([
      startReplicaSet(members),
      startKafka({ advertisedPort: broker.port }),
      startRedis(),
    ]);
    const databases = [first, second, third];
    set.members.forEach(({ port }, index) => databases[index]!.leadTo(port));
    broker.leadTo(kafka.port);
    cache.leadTo(redis.port);
    await rename(set, databases);
    return new Servers(set, kafka, redis, [...databases, broker, cache]);
  }

  get environment(): Environment {
    const [first, second, third, broker, cache] = this.proxies.map(({ port }) => `127.0.0.1:${port}`);
    const mongodb = `mongodb://${[first, second, third].join()}/?replicaSet=${nameOf(this.set)}`;
    return {
      IHALA_MONGODB_URL: mongodb,
      IHALA_KEYRING_URL: mongodb,
      IHALA_KAFKA_BROKERS: broker!,
      IHALA_REDIS_URL: `redis://${cache}`,
    };
  }

  /** The member that is primary now. */
  primary(): Promise<Server> {
    return this.set.primary();
  }

  proxy(name: string): FaultyProxy {
    return this.proxies.find((proxy) => proxy.name === name)!;
  }

  async stop(): Promise<void> {
    await Promise.all([this.set, this.kafka, this.redis].map((server) => server.stop()));
    await Promise.all(this.proxies.map((proxy) => proxy.close()));
  }
}

const nameOf = ({ address }: ReplicaSet): string => /replicaSet=(\w+)/.exec(address)![1]!;

/** Clients go where the members say they are, and so do the members: from now on that is before the proxies. */
async function rename(set: ReplicaSet, proxies: readonly FaultyProxy[]): Promise<void> {
  const client = new mongoose.mongo.MongoClient(set.address);
  try {
    const admin = client.db('admin');
    const { config } = await admin.command({ replSetGetConfig: 1 });
    const renamed = {
      ...config,
      version: config.version + 1,
      members: config.members.map((member: object, index: number) => ({
        ...member,
        host: `127.0.0.1:${proxies[index]!.port}`,
      })),
    };
    await admin.command({ replSetReconfig: renamed, force: true });
  } finally {
    await client.close();
  }
  await set.primary();
}
