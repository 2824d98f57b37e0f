import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { Redis } from 'ioredis';
import type { DistributedWorld } from './world.js';

/** What an installation leaves on the servers and in its logs, as it lies there. Topics and Redis may be others' as well. */
export class Traces {
  readonly #said: string[] = [];

  private constructor(
    private readonly world: DistributedWorld,
    private readonly client: Redis,
    private readonly monitor: Redis,
  ) {
    monitor.on('monitor', (_time: string, command: string[]) => this.#said.push(this.#ours(command.join(' '))));
  }

  /** From now on hears what is said to Redis. */
  static async follow(world: DistributedWorld): Promise<Traces> {
    const client = new Redis(world.cluster.env['IHALA_REDIS_URL']!);
    return new Traces(world, client, await client.monitor());
  }

  async mongodb(): Promise<string> {
    return (await this.world.databases.bytes()).toString('utf8');
  }

  /** Everything on every topic, headers and keys too. */
  async kafka(): Promise<string> {
    const brokers = this.world.cluster.env['IHALA_KAFKA_BROKERS']!.split(',');
    const kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
    const admin = kafka.admin();
    await admin.connect();
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(`${this.#prefix}.`));
    const ends = new Map<string, number>();
    for (const topic of topics) {
      const [partition] = await admin.fetchTopicOffsets(topic);
      if (Number(partition!.high) > 0) ends.set(topic, Number(partition!.high));
    }
    await admin.disconnect();
    return everythingOn(kafka, ends, `${this.#prefix}-traces`);
  }

  async redis(): Promise<{ readonly said: readonly string[]; readonly keys: readonly string[] }> {
    // what is asked now is none of theirs
    const said = [...this.#said];
    const keys = await this.client.keys(`${this.#prefix}*`);
    return { said, keys: keys.map((key) => this.#ours(key)) };
  }

  logs(): string {
    const { folder } = this.world;
    const files = readdirSync(folder).filter((name) => name.endsWith('.log'));
    return files.map((name) => readFileSync(join(folder, name), 'utf8')).join('\n');
  }

  async stop(): Promise<void> {
    this.monitor.disconnect();
    this.client.disconnect();
  }

  get #prefix(): string {
    return this.world.cluster.env['IHALA_PREFIX']!;
  }

  #ours(text: string): string {
    return text.replaceAll(this.#prefix, 'PREFIX');
  }
}

async function everythingOn(kafka: kafkajs.Kafka, ends: Map<string, number>, groupId: string): Promise<string> {
  const texts: string[] = [];
  const consumer = kafka.consumer({ groupId });
  await consumer.connect();
  await consumer.subscribe({ topics: [...ends.keys()], fromBeginning: true });
  const read = new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ topic, message: { key, value, headers, offset } }) => {
        const told = Object.entries(headers ?? {}).map(([name, header]) => `${name}: ${String(header)}`);
        texts.push([...told, String(key), String(value)].join('\n'));
        if (Number(offset) >= ends.get(topic)! - 1) ends.delete(topic);
        if (ends.size === 0) resolve();
      },
    });
  });
  await read;
  await consumer.disconnect();
  return texts.join('\n');
}
