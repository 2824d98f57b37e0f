import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { asSource, auditLeaf, type EventLog, type PublishedEvent } from '@ihala/event-log';
import { assertContiguous, collect, event } from '@ihala/event-log/conformance';
import { openSqliteService, type SqliteService } from '@ihala/event-log-sqlite';
import kafkajs, { type Kafka, type Message, type Producer } from 'kafkajs';
import { KafkaCarrier } from './index.js';
import type { KafkaObserver, KafkaObserverOptions, KafkaOptions, KafkaRelay, RelayOptions } from './index.js';
import { eventMessage } from './messages.js';
import { Names } from './topics.js';

export async function until(condition: () => Promise<boolean> | boolean, ms = 15_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('waited in vain');
    await sleep(10);
  }
}

/** The same, but some calls of one method fail: those of which `when` is true, told how many came before. */
export function failing<Port extends object>(port: Port, method: keyof Port, when: (before: number) => boolean): Port {
  let calls = 0;
  return new Proxy(port, {
    get(target, name) {
      const value = target[name as keyof Port];
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) =>
        name === method && when(calls++) ? Promise.reject(new Error('full')) : (value.apply(target, args) as unknown);
    },
  });
}

/** A source and a receiver, whose topics nobody else has, and whatever was started for them. */
export class World {
  readonly source = 'cases';
  readonly receiver = 'health';
  readonly carrier: KafkaCarrier;
  readonly kafka: Kafka;
  readonly names: Names;
  readonly errors: unknown[] = [];
  cases: SqliteService;
  health: SqliteService;
  readonly #running: (KafkaRelay | KafkaObserver)[] = [];
  #producer: Producer | undefined;

  constructor(address: string, security: Pick<KafkaOptions, 'tls' | 'sasl'> = {}) {
    const run = randomUUID().slice(0, 8);
    const prefix = `test-${run}`;
    const brokers = address.split(',');
    this.names = new Names(prefix);
    this.cases = openSqliteService(':memory:', this.source);
    this.health = openSqliteService(':memory:', this.receiver);
    this.carrier = new KafkaCarrier({
      ...{ brokers, clientId: 'ihala-test', prefix, replication: 1, minInSync: 1, ...security },
    });
    this.kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING });
  }

  static async make(address: string): Promise<World> {
    const world = new World(address);
    await world.carrier.ensureTopics([world.source]);
    // a broker that has just begun has no place for groups yet
    await until(() =>
      world.committed().then(
        () => true,
        () => false,
      ),
    );
    return world;
  }

  get topic(): string {
    return this.names.log(this.source);
  }

  readonly onError = (error: unknown): void => void this.errors.push(error);

  relay(options: Partial<RelayOptions> = {}): KafkaRelay {
    const { log, reactions } = this.cases;
    return this.begun(this.carrier.relay(asSource(log), reactions, { onError: this.onError, ...options }));
  }

  observer(
    options: Partial<KafkaObserverOptions> = {},
    service: Pick<SqliteService, 'log' | 'reactions'> = this.health,
  ) {
    return this.begun(this.carrier.observer(service, this.source, { onError: this.onError, ...options }));
  }

  begun<Part extends KafkaRelay | KafkaObserver>(part: Part): Part {
    this.#running.push(part);
    part.start();
    return part;
  }

  /** Events of the source, one or more a case. */
  async record(count: number, service = this.cases, cases = 5): Promise<void> {
    const first = (await service.log.head()).sequence + 1;
    for (let n = first; n < first + count; n++) {
      const stream = `${this.source}/case-${n % cases}`;
      const correlationId = randomUUID();
      const events = [event('NoteAdded', { n }, { id: randomUUID(), caseId: `case-${n % cases}`, correlationId })];
      await service.log.append({ writes: [{ stream, expectedVersion: Math.floor(n / cases), events }] });
    }
  }

  recorded(service = this.cases): Promise<PublishedEvent[]> {
    return collect(service.log.readOwn({ from: 0 }));
  }

  /** The relay has told somebody, or nobody, and sends nothing any more: as if it had sent them long ago. */
  async markAllSent(): Promise<void> {
    const { sequence } = await this.cases.log.head();
    await this.cases.reactions.moveCheckpoint('relay', await this.sent(), sequence + 1);
  }

  sent(): Promise<number> {
    return this.cases.reactions.checkpoint('relay');
  }

  /** Puts messages on the source's topic without a relay. */
  async put(...messages: Message[]): Promise<void> {
    this.#producer ??= this.kafka.producer({ createPartitioner: () => () => 0 });
    await this.#producer.connect();
    await this.#producer.send({ topic: this.topic, messages });
  }

  putEvents(...events: PublishedEvent[]): Promise<void> {
    return this.put(...events.map((event) => eventMessage(this.source, event)));
  }

  async holds(count: number): Promise<boolean> {
    return (await this.health.log.lastPosition()) >= count;
  }

  /** The receiver's log is whole, and has of the source what the source has, each once, with equal leaves. */
  async expectEqual(log: EventLog = this.health.log): Promise<void> {
    const leaves = (await this.recorded()).map(auditLeaf);
    await until(async () => (await log.lastPosition()) >= leaves.length);
    expect((await assertContiguous(log)).map(auditLeaf)).toEqual(leaves);
  }

  /** What this receiver has committed; undefined: nothing yet. */
  async committed(): Promise<number | undefined> {
    const [found] = await this.withAdmin((admin) =>
      admin.fetchOffsets({ groupId: this.names.copying(this.receiver, this.source), topics: [this.topic] }),
    );
    const offset = Number(found!.partitions[0]!.offset);
    return offset < 0 ? undefined : offset;
  }

  async withAdmin<T>(ask: (admin: ReturnType<Kafka['admin']>) => Promise<T>): Promise<T> {
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      return await ask(admin);
    } finally {
      await admin.disconnect();
    }
  }

  /** All that a topic holds now. */
  async messagesOn(topic: string, count: number): Promise<Message[]> {
    const messages: Message[] = [];
    const consumer = this.kafka.consumer({ groupId: `test-${randomUUID()}` });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void messages.push(message) });
    await until(() => messages.length >= count);
    await consumer.disconnect();
    return messages;
  }

  async end(): Promise<void> {
    await Promise.all(this.#running.map((part) => part.stop()));
    await Promise.all([this.carrier.close(), this.#producer?.disconnect()]);
    await Promise.all([this.cases.close(), this.health.close()]);
  }
}
