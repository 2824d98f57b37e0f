import type { Message, Producer } from 'kafkajs';
import type { FollowedLog, ReactionStore, SourceLog } from '@ihala/event-log';
import { connectTo, onePartition, type KafkaOptions, type Line, type Send } from './connection.js';
import { KafkaObserver, type KafkaObserverOptions } from './kafka-observer.js';
import { KafkaRelay, type RelayOptions } from './relay.js';
import { ensureTopics, Names, type TopicOptions } from './topics.js';

/** What one process has of the broker: its relays and observers share a client and a producer for what is rarely sent. */
export class KafkaCarrier {
  readonly #line: Line;
  #producer: Promise<Producer> | undefined;

  constructor(private readonly options: KafkaOptions & TopicOptions) {
    const send: Send = (topic, message) => this.#send(topic, message);
    this.#line = { kafka: connectTo(options), names: new Names(options.prefix), send };
  }

  /**
   * Makes the topics of these services, or checks them. Call it before anything is started.
   * @throws UnfitTopic, or what keeps the broker from being reached
   */
  ensureTopics(services: readonly string[]): Promise<void> {
    return ensureTopics(this.#line, services, this.options);
  }

  /** Not started: it runs under the lease of the service, `start` when the lease is ours, `stop` when it is lost. */
  relay(log: SourceLog, checkpoints: ReactionStore, options: RelayOptions): KafkaRelay {
    return new KafkaRelay(log, checkpoints, this.#line, options);
  }

  /** Not started: it runs in every process of the service, whoever holds the lease. */
  observer(
    service: Pick<FollowedLog, 'log' | 'reactions'>,
    source: string,
    options: KafkaObserverOptions,
  ): KafkaObserver {
    return new KafkaObserver(service, source, this.#line, options);
  }

  /** After relays and observers have been stopped. */
  async close(): Promise<void> {
    await (await this.#producer?.catch(() => undefined))?.disconnect();
    this.#producer = undefined;
  }

  async #send(topic: string, message: Message): Promise<void> {
    const connecting = (this.#producer ??= this.#connect());
    try {
      await (await connecting).send({ topic, acks: -1, messages: [message] });
    } catch (error) {
      if (this.#producer === connecting) this.#producer = undefined;
      void connecting.then((producer) => producer.disconnect()).catch(() => {});
      throw error;
    }
  }

  async #connect(): Promise<Producer> {
    const producer = this.#line.kafka.producer({ createPartitioner: onePartition, allowAutoTopicCreation: false });
    await producer.connect();
    return producer;
  }
}
