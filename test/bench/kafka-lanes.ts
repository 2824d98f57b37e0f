import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { eventMessage, KafkaCarrier, Names } from '@ihala/carrier-kafka';
import type { PublishedEvent } from '@ihala/event-log';
import { openSqliteService, type SqliteService } from '@ihala/event-log-sqlite';
import { kafka } from '@ihala/test-servers';
import kafkajs, { type Kafka, type Message, type Producer } from 'kafkajs';
import { type Lanes, until } from './contest.js';
import { Gate, gated } from './gate.js';
import { insertsInto } from './log-files.js';
import { Shown } from './shown-log.js';

/** As many as a relay puts into one send, and a receiver into one commit. */
const BATCH = 500;
const PIECE = 4 * BATCH;
/** More than a lane gets through in one round. */
const MOST = 10_000;
const COPIES = { replication: 1, minInSync: 1 };

/** One health log with a broker beside it, and the same events as messages at hand. */
export class KafkaPair {
  readonly #kafka: Kafka;
  #run = 0;
  /** ends what the last round left at work; it takes as long as a broker has nothing to say, so it is not measured */
  #tidy: () => Promise<void> = async () => {};

  private constructor(
    private readonly broker: string,
    private readonly folder: string,
    private readonly source: SqliteService,
    private readonly events: readonly PublishedEvent[],
    private readonly messages: readonly Message[],
  ) {
    this.#kafka = new kafkajs.Kafka({ brokers: broker.split(','), logLevel: kafkajs.logLevel.NOTHING });
  }

  static async open(folder: string): Promise<KafkaPair> {
    const path = join(folder, 'relayed.sqlite');
    copyFileSync(join(folder, 'health.sqlite'), path);
    const source = openSqliteService(path, 'health');
    const events = await Array.fromAsync(source.log.readOwn({ from: 0, limit: MOST }));
    const messages = events.map((event) => eventMessage('health', event));
    return new KafkaPair(await kafka(), folder, source, events, messages);
  }

  /** Reads the log, sends, waits for the broker, and keeps how far it is. */
  relay(): Lanes {
    const shown = new Shown(this.source, this.events.length);
    let sendMore = async () => 0;
    return {
      ours: {
        prepare: async () => {
          const { carrier } = await this.#freshTopics();
          await shown.rewind();
          const relay = carrier.relay(shown, shown.checkpoints, { onError: tell, batchSize: BATCH });
          this.#tidy = () => relay.stop().then(() => carrier.close());
          relay.start();
          await shown.show(this.#first);
        },
        run: (ms) => until(ms, () => shown.show(PIECE)),
      },
      floor: {
        prepare: async () => {
          const { names } = await this.#freshTopics();
          const settings = { idempotent: true, maxInFlightRequests: 1, createPartitioner: () => () => 0 };
          const producer = this.#kafka.producer(settings);
          await producer.connect();
          this.#tidy = () => producer.disconnect();
          let sent = 0;
          sendMore = async () => {
            const from = sent;
            sent = Math.min(this.messages.length, from + PIECE);
            await this.#send(producer, names, from, sent);
            return sent - from;
          };
          await this.#send(producer, names, sent, (sent += this.#first));
        },
        run: (ms) => until(ms, () => sendMore()),
      },
    };
  }

  /** Copies what a topic holds into a log, from its beginning. What is measured begins with the first commit. */
  observe(): Lanes {
    let gate: Gate;
    const run = async () => {
      gate.open();
      await gate.done;
      return this.messages.length;
    };
    return {
      ours: {
        prepare: async () => {
          const { carrier } = await this.#filledTopic();
          const receiver = openSqliteService(this.#freshFile(), 'cases');
          gate = new Gate(this.messages.length);
          const log = gated(receiver.log, gate);
          const observer = carrier.observer({ log, reactions: receiver.reactions }, 'health', { onError: tell });
          this.#tidy = () =>
            observer
              .stop()
              .then(() => carrier.close())
              .then(() => receiver.close());
          observer.start();
          await gate.reached;
        },
        run,
      },
      floor: {
        prepare: async () => {
          const { names } = await this.#filledTopic();
          gate = new Gate(this.messages.length);
          this.#tidy = await this.#rawCopy(names, gate);
          await gate.reached;
        },
        run,
      },
    };
  }

  async close(): Promise<void> {
    await this.#tidy();
    await this.source.close();
  }

  /** Sent before the clock runs, so that all is connected. */
  get #first(): number {
    return Math.min(BATCH, this.events.length >> 1);
  }

  async #freshTopics(): Promise<{ carrier: KafkaCarrier; names: Names }> {
    await this.#tidy();
    this.#run += 1;
    const prefix = `bench-${process.pid}-${this.events.length}-${this.#run}`;
    const brokers = this.broker.split(',');
    const carrier = new KafkaCarrier({ brokers, clientId: 'ihala-bench', prefix, ...COPIES });
    await carrier.ensureTopics(['health']);
    return { carrier, names: new Names(prefix) };
  }

  async #filledTopic() {
    const fresh = await this.#freshTopics();
    const producer = this.#kafka.producer({ createPartitioner: () => () => 0 });
    await producer.connect();
    await this.#send(producer, fresh.names, 0, this.messages.length);
    await producer.disconnect();
    return fresh;
  }

  async #send(producer: Producer, names: Names, from: number, to: number): Promise<void> {
    for (let start = from; start < to; start += BATCH) {
      const messages = this.messages.slice(start, Math.min(to, start + BATCH));
      await producer.send({ topic: names.log('health'), acks: -1, messages });
    }
  }

  #freshFile(): string {
    const path = join(this.folder, 'observed.sqlite');
    for (const ending of ['', '-wal', '-shm', '.lock']) rmSync(`${path}${ending}`, { force: true });
    return path;
  }

  /** Consumes, parses, inserts the same rows in one durable transaction a batch. */
  async #rawCopy(names: Names, gate: Gate): Promise<() => Promise<void>> {
    const path = this.#freshFile();
    await openSqliteService(path, 'cases').close();
    const db = new DatabaseSync(path);
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16000');
    const { begin, event: insert, commit } = insertsInto(db);
    const consumer = this.#kafka.consumer({ groupId: names.copying('cases', 'health'), maxWaitTimeInMs: 500 });
    await consumer.connect();
    await consumer.subscribe({ topics: [names.log('health')], fromBeginning: true });
    let position = 0;
    await consumer.run({
      eachBatch: async ({ batch }) => {
        await gate.pass();
        for (let start = 0; start < batch.messages.length; start += BATCH) {
          const part = batch.messages.slice(start, start + BATCH);
          begin.run();
          for (const { value } of part) {
            const { stream, version, sequence, recordedAt, ...body } = JSON.parse(String(value)) as PublishedEvent;
            const whose = [++position, stream, version, 'health', sequence, recordedAt, body.caseId ?? null] as const;
            insert.run(...whose, JSON.stringify(body));
          }
          commit.run();
          gate.passed(part.length);
        }
      },
    });
    return () => consumer.disconnect().then(() => db.close());
  }
}

/** Both parts begin again by themselves. */
function tell(error: unknown): void {
  process.stderr.write(`${Error.isError(error) ? error.message : String(error)}\n`);
}
