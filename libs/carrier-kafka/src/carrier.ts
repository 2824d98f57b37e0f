import type { Kafka } from 'kafkajs';
import { connectTo, type KafkaOptions } from './connection.js';
import { ensureTopics, Names, type TopicOptions } from './topics.js';

/** What one process has of the broker. */
export class KafkaCarrier {
  readonly #line: { readonly kafka: Kafka; readonly names: Names };

  constructor(private readonly options: KafkaOptions & TopicOptions) {
    this.#line = { kafka: connectTo(options), names: new Names(options.prefix) };
  }

  /**
   * Makes the topics of these services, or checks them. Call it before anything is started.
   * @throws UnfitTopic, or what keeps the broker from being reached
   */
  ensureTopics(services: readonly string[]): Promise<void> {
    return ensureTopics(this.#line, services, this.options);
  }
}
